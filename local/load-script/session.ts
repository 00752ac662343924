import { finished } from 'node:stream/promises';
import { TextDecoder } from 'node:util';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { StartupError } from '../process/startup-error.ts';
import type { Reading } from './scanner.ts';

const CHUNK = 64 * 1_024;
const BEYOND_ASCII = /[\u0080-\u00ff]/;

/**
 * Client-only encodings, in which a later byte of a character may look like a quote or a backslash.
 */
const CLIENT_ONLY: Readonly<Record<string, string>> = {
  SJIS: 'shift_jis',
  BIG5: 'big5',
  GBK: 'gbk',
  UHC: 'euc-kr',
  GB18030: 'gb18030',
};

/**
 * A script's connection. Text is sent as bytes (see Lines) in the encoding that the script declared
 * last; PostgreSQL converts it, and the driver's side stays UTF-8.
 */
export class Session implements Reading {
  readonly #url: string;
  #client: Client | null = null;
  #converter: Client | null = null;
  standardStrings = true;
  #encoding = 'UTF8';
  #decoder: TextDecoder | null = null;
  #reported = 'UTF8';

  constructor(url: string) {
    this.#url = url;
  }

  /** A new session with the server's settings, as \connect makes one. */
  async connect(): Promise<void> {
    await this.#client?.end().catch(() => {});
    this.#client = null;
    this.standardStrings = true;
    this.declare('UTF8');
    this.#reported = 'UTF8';
    const client = new Client({ connectionString: this.#url, application_name: 'portage load' });
    client.on('error', () => {});
    await client.connect();
    // Losing data is acceptable, because the script can be loaded again.
    await client.query('SET synchronous_commit = off');
    client.connection.on(
      'parameterStatus',
      ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) => {
        if (parameterName === 'standard_conforming_strings') this.standardStrings = parameterValue === 'on';
        if (parameterName === 'client_encoding') this.#reported = parameterValue;
      },
    );
    this.#client = client;
  }

  get inTransaction(): boolean {
    return this.#connected.getTransactionStatus() !== 'I';
  }

  get failedTransaction(): boolean {
    return this.#connected.getTransactionStatus() === 'E';
  }

  /**
   * Runs one statement. Inside a transaction of the script, a failure rolls back only that
   * statement.
   */
  async run(text: string, wrapped: boolean): Promise<void> {
    await this.#guarded(wrapped, async () => {
      await this.#connected.query(await this.#decoded(text));
    });
    // Resets to the connection's own encoding, so that PostgreSQL reports no change.
    if (/^SET\s+(?:SESSION\s+|LOCAL\s+)?(?:client_encoding|NAMES)\b/i.test(text)) this.declare('UTF8');
    await this.#keepEncoding();
  }

  /** COPY … FROM stdin with the lines that follow it. */
  async copy(text: string, lines: AsyncIterable<string>): Promise<void> {
    await this.#guarded(true, async () => {
      const stream = this.#connected.query(copyFrom(await this.#decoded(text)));
      const done = finished(stream);
      // Its failure surfaces at the end or at the next write.
      done.catch(() => {});
      let chunk = '';
      const send = async (): Promise<void> => {
        const bytes = await this.#bytes(chunk);
        chunk = '';
        if (!stream.write(bytes)) await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
      };
      for await (const line of lines) {
        chunk += line;
        if (chunk.length > CHUNK) await send();
      }
      await send();
      stream.end();
      await done;
    });
  }

  /** Follows \encoding, or a SET that was just executed. */
  declare(encoding: string): void {
    const name = encoding.toUpperCase();
    const label = CLIENT_ONLY[name];
    this.#decoder = label === undefined ? null : new TextDecoder(label, { fatal: true });
    this.#encoding = label === undefined ? name : 'UTF8';
  }

  /** A line for the scanner: converted to UTF-8 if its own encoding could mislead it. */
  readable(line: string): string {
    if (this.#decoder === null || !BEYOND_ASCII.test(line)) return line;
    return Buffer.from(this.#decoder.decode(Buffer.from(line, 'latin1')), 'utf8').toString('latin1');
  }

  async end(): Promise<void> {
    await this.#client?.end().catch(() => {});
    await this.#converter?.end().catch(() => {});
  }

  get #connected(): Client {
    if (this.#client === null) throw new Error('the session is not connected');
    return this.#client;
  }

  async #guarded(wrapped: boolean, work: () => Promise<void>): Promise<void> {
    if (!wrapped || !this.inTransaction || this.failedTransaction) return work();
    await this.#connected.query('SAVEPOINT portage_load');
    try {
      await work();
    } catch (error) {
      await this.#connected.query('ROLLBACK TO SAVEPOINT portage_load; RELEASE SAVEPOINT portage_load');
      throw error;
    }
    if (this.inTransaction) await this.#connected.query('RELEASE SAVEPOINT portage_load').catch(() => {});
  }

  async #keepEncoding(): Promise<void> {
    if (this.#reported === 'UTF8') return;
    this.declare(this.#reported);
    if (!this.failedTransaction) await this.#connected.query(`SET client_encoding TO 'UTF8'`);
  }

  async #decoded(text: string): Promise<string> {
    if (!BEYOND_ASCII.test(text)) return text;
    return (await this.#bytes(text)).toString('utf8');
  }

  /** The same text in UTF-8. */
  async #bytes(text: string): Promise<Buffer> {
    const bytes = Buffer.from(text, 'latin1');
    if (!BEYOND_ASCII.test(text)) return bytes;
    if (this.#encoding === 'UTF8' || this.#encoding === 'SQL_ASCII') return valid(bytes);
    return Buffer.from(await this.#convert(bytes), 'utf8');
  }

  async #convert(bytes: Buffer): Promise<string> {
    // Uses another connection: the script's own may be in the middle of a COPY or of a failed
    // transaction.
    if (this.#converter === null) {
      this.#converter = new Client({ connectionString: this.#url, application_name: 'portage load' });
      await this.#converter.connect();
    }
    const answer = await this.#converter.query<{ text: string }>('SELECT convert_from($1, $2) AS text', [
      bytes,
      this.#encoding,
    ]);
    return answer.rows[0]?.text ?? '';
  }
}

function valid(bytes: Buffer): Buffer {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return bytes;
  } catch {
    throw new NotUtf8();
  }
}

/** Only the author knows the encoding; a guess would corrupt the text. */
class NotUtf8 extends StartupError {
  constructor() {
    super(
      `the script is not UTF-8 and declares no other encoding: put SET client_encoding = 'LATIN1'; (or what it is) at its beginning`,
    );
  }
}
