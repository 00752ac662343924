import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { openJournal } from '../../../local/aws/states/journal/journal.ts';
import { childEnvironment, tsxArguments } from '../../../local/process/fork-part.ts';
import { oneLine, outputWithRemedy, StartupError, withRemedy } from '../../../local/process/startup-error.ts';
import { appendWhole, writeAtomic } from '../../../local/process/write-atomic.ts';

const root = mkdtempSync(join(tmpdir(), 'portage-startup-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: raw text, open '/data/x'`), { code, path: '/data/x' });
}

test.each([
  ['EACCES', /^cannot write \/data\/x: permission denied; give this user write access, or choose .*--data-dir$/],
  ['EROFS', /^cannot write \/data\/x: the file system is read-only; make it writable, or choose .*--data-dir$/],
  ['ENOSPC', /^cannot write \/data\/x: no space is left on the disk; free some space and run again, or .*--data-dir$/],
  ['ENOTDIR', /^cannot write \/data\/x: a file is where a directory is needed; move the file away, or .*--data-dir$/],
])('%s is reported with the path and a remedy', (code, message) => {
  const translated = withRemedy(systemError(code));
  expect(translated).toBeInstanceOf(StartupError);
  expect(oneLine(translated)).toMatch(message);
});

test('an error that is not of the file system stays as it is', () => {
  const refused = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  expect(withRemedy(refused)).toBe(refused);
  expect(withRemedy(systemError('ENOENT'))).not.toBeInstanceOf(StartupError);
});

test('initdb without space or permission is reported with the folder and a remedy', () => {
  const output = 'creating subdirectories ...\ninitdb: error: could not write file: No space left on device\n';
  expect(outputWithRemedy(output, '/data/pg')?.message).toMatch(
    /^cannot write \/data\/pg: no space is left on the disk/,
  );
  expect(outputWithRemedy('initdb: error: Permission denied', '/data/pg')?.message).toMatch(/permission denied; give/);
  expect(outputWithRemedy('initdb: error: invalid locale', '/data/pg')).toBeNull();
});

test('what a schema refuses is one line', () => {
  const { error } = z.object({ a: z.string() }).safeParse({ a: 1 });
  expect(oneLine(error)).not.toMatch(/[\n{]/);
});

test('a journal on a full disk says so', () => {
  const journal = openJournal('/dev/full');
  expect(() => journal.append({ a: 1 })).toThrow(/^cannot write \/dev\/full: no space is left on the disk; free some/);
  journal.close();
});

test('a line that does not fit leaves no part of itself behind', () => {
  const file = join(root, 'lines.jsonl');
  const script = fileURLToPath(new URL('append-past-limit.ts', import.meta.url));
  const run = spawnSync(
    'bash',
    ['-c', `trap '' XFSZ; ulimit -f 1; exec "$@"`, '-', process.execPath, ...tsxArguments(), script, file],
    { encoding: 'utf8', env: childEnvironment({ TSX_DISABLE_CACHE: '1' }) },
  );
  expect(run.stdout).toMatch(/lines\.jsonl: the file exceeds the size limit of this process/);
  expect(readFileSync(file, 'utf8')).toBe('{"line":1}\n');
});

test('an atomic write below a file names the path and the remedy', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => writeAtomic(join(root, 'file', 'state.json'), '{}')).toThrow(/a file is where a directory is needed/);
});

test('appended text is complete', () => {
  const file = join(root, 'whole');
  appendWhole(openSync(file, 'a'), 'one\n', file);
  expect(readFileSync(file, 'utf8')).toBe('one\n');
});
