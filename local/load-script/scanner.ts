import type { Lines } from './lines.ts';

/** psql's next action in a script. `line` is where it begins. */
export type Piece =
  | { readonly kind: 'statement'; readonly text: string; readonly line: number }
  | { readonly kind: 'command'; readonly name: string; readonly rest: string; readonly line: number };

/**
 * How plain quotes are read at this point: it depends on session settings, which a statement may
 * change.
 */
export interface Reading {
  readonly standardStrings: boolean;
}

type Quote =
  | { readonly kind: 'none' }
  | { readonly kind: 'plain' | 'escaped' | 'identifier' }
  | { readonly kind: 'dollar'; readonly tag: string }
  | { readonly kind: 'comment'; readonly depth: number };

const NONE: Quote = { kind: 'none' };
const WORD = /[A-Za-z_\u0080-\u00ff][A-Za-z0-9_$\u0080-\u00ff]*/y;
const UNESCAPED = /[^\\']+/y;
const DIGITS = /[0-9]+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\u00ff][A-Za-z0-9_\u0080-\u00ff]*)?\$/y;
const COMMAND = /\\([^\s\\]*)[ \t]*([^\r\n]*)/y;

/**
 * Splits a script as psql does, by the rules of its lexer (psqlscan.l): quotes of every kind,
 * nested comments, parentheses, SQL bodies between BEGIN ATOMIC and END, backslash commands. It
 * reads no further than necessary: whether a backslash escapes a quote depends on settings that the
 * previous statement may have changed.
 */
export class Scanner {
  readonly #lines: Lines;
  readonly #reading: Reading;
  #line = '';
  #at = 0;
  #number = 0;
  #text = '';
  #start = 0;
  #quote: Quote = NONE;
  #parentheses = 0;
  #bodies = 0;
  #words: string[] = [];
  #inData = false;

  constructor(lines: Lines, reading: Reading) {
    this.#lines = lines;
    this.#reading = reading;
  }

  /** Null at the end of the script. A last statement needs no semicolon. */
  async next(): Promise<Piece | null> {
    for (;;) {
      if (this.#at >= this.#line.length && !(await this.#readLine())) return this.#take();
      const piece = this.#scan();
      if (piece !== null) return piece;
    }
  }

  /** The lines after the current one, up to `\.`: the rows of a COPY. */
  async *data(): AsyncGenerator<string, void, undefined> {
    this.#inData = true;
    while (this.#inData) {
      // Not #readLine: the text after the semicolon in the current line comes after the rows.
      const next = await this.#lines.next();
      this.#number += 1;
      this.#inData = !(next.done === true || /^\\\.\r?\n?$/.test(next.value));
      if (this.#inData && next.done !== true) yield next.value;
    }
  }

  /** Skips the rows of a COPY that failed. */
  async skipData(): Promise<void> {
    if (!this.#inData) return;
    for await (const _ of this.data()) continue;
  }

  async #readLine(): Promise<boolean> {
    const next = await this.#lines.next();
    if (next.done === true) return false;
    this.#number += 1;
    this.#line = this.#number === 1 ? next.value.replace(/^\u00ef\u00bb\u00bf/, '') : next.value;
    this.#at = 0;
    return true;
  }

  /** Scans the current line until a piece is complete or the line ends. */
  #scan(): Piece | null {
    while (this.#at < this.#line.length) {
      const piece = this.#quote.kind === 'none' ? this.#plain() : this.#quoted(this.#quote);
      if (piece !== null) return piece;
    }
    return null;
  }

  #plain(): Piece | null {
    const char = this.#line[this.#at] ?? '';
    if (this.#line.startsWith('--', this.#at)) {
      this.#at = this.#line.length;
      this.#append('\n');
    } else if (this.#line.startsWith('/*', this.#at)) {
      this.#quote = { kind: 'comment', depth: 1 };
      this.#at += 2;
    } else if (char === "'") this.#open(char, this.#reading.standardStrings ? { kind: 'plain' } : { kind: 'escaped' });
    else if (char === '"') this.#open(char, { kind: 'identifier' });
    else if (char === '$') this.#dollar();
    else if (char === '\\') return this.#backslash();
    else if (char === ';' && this.#parentheses === 0 && this.#bodies === 0) {
      this.#at += 1;
      return this.#take();
    } else this.#token(char);
    return null;
  }

  #token(char: string): void {
    if (char === '(') this.#parentheses += 1;
    if (char === ')') this.#parentheses = Math.max(0, this.#parentheses - 1);
    const word = this.#match(WORD);
    if (word === null) return this.#advance(this.#match(DIGITS)?.[0] ?? char);
    this.#advance(word[0]);
    this.#note(word[0].toLowerCase());
    this.#prefixed(word[0].toLowerCase());
  }

  /** E'…' has escapes whatever the settings say, U&'…' and b'…' never. */
  #prefixed(word: string): void {
    if (word === 'u' && this.#line.startsWith("&'", this.#at)) this.#open("&'", { kind: 'plain' });
    if (this.#line[this.#at] !== "'") return;
    if (word === 'e') this.#open("'", { kind: 'escaped' });
    if (word === 'b' || word === 'x') this.#open("'", { kind: 'plain' });
  }

  /** An SQL body of a function or procedure contains semicolons. */
  #note(word: string): void {
    if (this.#words.length < 5) this.#words.push(word);
    if (this.#parentheses > 0 || !/^create (?:or replace )?(?:function|procedure) /.test(`${this.#words.join(' ')} `))
      return;
    if (word === 'begin' || (word === 'case' && this.#bodies > 0)) this.#bodies += 1;
    else if (word === 'end' && this.#bodies > 0) this.#bodies -= 1;
  }

  #dollar(): void {
    const tag = this.#match(DOLLAR_TAG)?.[0];
    if (tag === undefined) this.#advance('$');
    else this.#open(tag, { kind: 'dollar', tag });
  }

  #quoted(quote: Exclude<Quote, { readonly kind: 'none' }>): null {
    const char = this.#line[this.#at] ?? '';
    switch (quote.kind) {
      case 'comment':
        this.#comment(quote.depth);
        return null;
      case 'dollar':
        this.#until(quote.tag);
        return null;
      case 'escaped':
        if (char === '\\') this.#advance(this.#line.slice(this.#at, this.#at + 2));
        else if (char === "'") this.#until("'");
        else this.#advance(this.#match(UNESCAPED)?.[0] ?? char);
        return null;
      case 'plain':
        this.#until("'");
        return null;
      case 'identifier':
        this.#until('"');
        return null;
    }
  }

  /**
   * Consumes the rest of a quotation if it ends in this line, else the whole line. A doubled quote
   * ends one and opens the next.
   */
  #until(end: string): void {
    const found = this.#line.indexOf(end, this.#at);
    const stop = found === -1 ? this.#line.length : found + end.length;
    this.#advance(this.#line.slice(this.#at, stop));
    if (found === -1) return;
    if (this.#line[this.#at] === end) this.#advance(end);
    else this.#quote = NONE;
  }

  #comment(depth: number): void {
    const found = /\/\*|\*\//g;
    found.lastIndex = this.#at;
    const mark = found.exec(this.#line);
    if (mark === null) {
      this.#at = this.#line.length;
      return;
    }
    this.#at = mark.index + 2;
    const next = mark[0] === '/*' ? depth + 1 : depth - 1;
    this.#quote = next === 0 ? NONE : { kind: 'comment', depth: next };
    if (next === 0) this.#append(' ');
  }

  #backslash(): Piece | null {
    const escaped = this.#line[this.#at + 1] ?? '';
    if (escaped === ';' || escaped === ':') {
      this.#at += 1;
      this.#advance(escaped);
      return null;
    }
    const command = this.#match(COMMAND);
    this.#at = this.#line.length;
    const name = command?.[1] ?? '';
    // \g sends the statement as a semicolon does.
    if (name === 'g' || name === 'gx') return this.#take();
    return { kind: 'command', name, rest: (command?.[2] ?? '').trim(), line: this.#number };
  }

  /** Discards the statement in progress, as \r and \gexec do. */
  drop(): boolean {
    return this.#take() !== null;
  }

  #take(): Piece | null {
    const text = this.#text.trim();
    const line = this.#start;
    this.#text = '';
    this.#quote = NONE;
    this.#parentheses = 0;
    this.#bodies = 0;
    this.#words = [];
    return text === '' ? null : { kind: 'statement', text, line };
  }

  #open(text: string, quote: Quote): void {
    this.#advance(text);
    this.#quote = quote;
  }

  #advance(text: string): void {
    this.#at += text.length;
    this.#append(text);
  }

  #append(text: string): void {
    if (this.#text === '') {
      if (text.trim() === '') return;
      this.#start = this.#number;
    }
    this.#text += text;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#line);
  }
}
