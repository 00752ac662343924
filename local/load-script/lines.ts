import { createReadStream, existsSync, openSync, readSync, closeSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { StartupError } from '../process/startup-error.ts';

/**
 * A script's bytes as characters U+0000 to U+00FF, one line at a time with its line end; they are
 * decoded later.
 */
export type Lines = AsyncGenerator<string, void, undefined>;

const ARCHIVES = ['PGDMP', 'toc.dat'];

/** Streams a script, because dumps can exceed memory; gzip is decompressed on the way. */
export function linesOf(file: string): Lines {
  const { packed } = checkScript(file);
  return split(packed ? createReadStream(file).pipe(createGunzip()) : createReadStream(file), file);
}

/** Refuses a file whose first bytes show that it is not a script, before anything is started. */
export function checkScript(file: string): { readonly packed: boolean } {
  const head = headOf(file);
  if (ARCHIVES.some((magic) => head.startsWith(magic)))
    throw new StartupError(
      `${file} is an archive of pg_dump, not a script: make one with pg_restore --file=dump.sql ${file}`,
    );
  const packed = head.startsWith('\u001f\u008b');
  if (!packed && head.includes('\u0000'))
    throw new StartupError(
      `${file} holds NUL bytes, so it is no SQL script: save it as plain text (not UTF-16), as pg_dump --file writes it`,
    );
  return { packed };
}

async function* split(stream: Readable, file: string): Lines {
  let rest = '';
  stream.setEncoding('latin1');
  try {
    for await (const chunk of stream) {
      const text = rest + String(chunk);
      let from = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        yield text.slice(from, end + 1);
        from = end + 1;
      }
      rest = text.slice(from);
    }
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`${file} cannot be read to its end (${String(error)}): is the file whole?`);
  }
  if (rest !== '') yield rest;
}

function headOf(file: string): string {
  if (!existsSync(file) || !statSync(file).isFile())
    throw new StartupError(`there is no script ${file}: name a file with --sql FILE`);
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(4_096);
    return buffer
      .subarray(0, readSync(descriptor, buffer))
      .toString('latin1')
      .replace(/^\u00ef\u00bb\u00bf/, '');
  } finally {
    closeSync(descriptor);
  }
}
