import { dirname, isAbsolute, join } from 'node:path';
import { StartupError } from '../process/startup-error.ts';
import { linesOf, type Lines } from './lines.ts';
import { sqlstateOf, type Tally } from './outcome.ts';
import { type Piece, Scanner } from './scanner.ts';
import type { Session } from './session.ts';
import { type ScriptStatement, statementOf } from './statement.ts';

const MOST_NESTED = 16;

/** Commands for psql's settings and output; they do not concern the server. */
const DISPLAY = new Set([
  'set',
  'unset',
  'pset',
  'echo',
  'qecho',
  'warn',
  'timing',
  'o',
  'out',
  'a',
  't',
  'x',
  'p',
  'prompt',
  'd',
  'dt',
  'l',
  'conninfo',
  'restrict',
  'unrestrict',
  'r',
  'reset',
  'cd',
]);

/** Runs a script as psql would, statement by statement. A refused statement is recorded, and the script continues. */
export async function runScript(session: Session, file: string, tally: Tally, depth = 0): Promise<void> {
  if (depth > MOST_NESTED) throw new StartupError(`${file} includes itself: take the \\i out`);
  const lines = readable(session, linesOf(file));
  const scanner = new Scanner(lines, session);
  try {
    for (let piece = await scanner.next(); piece !== null; piece = await scanner.next()) {
      if (piece.kind === 'statement') await runStatement(session, scanner, piece, tally);
      else if (!(await runCommand(session, scanner, piece, file, tally, depth))) return;
    }
  } finally {
    await lines.return();
  }
}

async function* readable(session: Session, lines: Lines): Lines {
  for await (const line of lines) yield session.readable(line);
}

async function runStatement(
  session: Session,
  scanner: Scanner,
  { text, line }: Extract<Piece, { readonly kind: 'statement' }>,
  tally: Tally,
): Promise<void> {
  const statement = statementOf(text);
  if (statement.skip !== null) return tally.passOver(statement.label, statement.skip, line);
  try {
    if (statement.copiesIn) await session.copy(text, scanner.data());
    else await session.run(text, !statement.transaction);
    tally.took();
  } catch (error) {
    if (error instanceof StartupError) throw error;
    if (statement.copiesIn) await scanner.skipData();
    const what = statement.bringsRows ? text.slice(0, 60).replaceAll(/\s+/g, ' ') : statement.label;
    if (losesRows(statement, error)) tally.lost(what, error, line);
    else tally.failed(statement.label, error, line);
  }
}

/**
 * A row that violates a constraint of its own database cannot have been in it, and a table that
 * exists already is no loss either.
 */
function losesRows({ bringsRows, copiesIn }: ScriptStatement, error: unknown): boolean {
  const state = sqlstateOf(error);
  if (!bringsRows || state === '42P07') return false;
  return copiesIn || !state.startsWith('23');
}

/** Returns true if the script continues. */
async function runCommand(
  session: Session,
  scanner: Scanner,
  { name, rest, line }: Extract<Piece, { readonly kind: 'command' }>,
  file: string,
  tally: Tally,
  depth: number,
): Promise<boolean> {
  const pass = (why: string): boolean => {
    tally.passOver(`\\${name}`, why, line);
    return true;
  };
  switch (name) {
    case 'c':
    case 'connect':
      await session.connect();
      return pass('everything is loaded into the one database of the stack');
    case 'i':
    case 'include':
    case 'ir':
    case 'include_relative':
      await runScript(session, besides(file, unquoted(rest)), tally, depth + 1);
      return true;
    case 'copy':
      await copyFile(session, rest, file, line, tally);
      return true;
    case 'encoding':
      session.declare(unquoted(rest));
      return true;
    case 'q':
    case 'quit':
      return false;
    case 'if':
    case 'elif':
    case 'else':
    case 'endif':
      throw new StartupError(
        `${file}:${line}: \\${name} is not run here: load the script with psql into a database of your own, and give what pg_dump makes of it`,
      );
    case 'gexec':
    case 'gset':
    case 'gdesc':
    case 'watch':
    case 'bind':
    case 'parse':
      scanner.drop();
      return pass('it is not run here, and neither is the statement before it');
    default:
      if (DISPLAY.has(name)) {
        if (name === 'r' || name === 'reset') scanner.drop();
        return true;
      }
      return pass('it is not run here');
  }
}

/** `\copy t from 'file' …`: the rows lie in a file beside the script. */
async function copyFile(session: Session, rest: string, file: string, line: number, tally: Tally): Promise<void> {
  const match = /^(.*?)\s+from\s+('(?:[^']|'')*'|[^\s;']+)\s*(.*?);?$/i.exec(rest);
  const [, target = '', source = '', options = ''] = match ?? [];
  if (match === null || /^(?:stdin|pstdin|program)$/i.test(source))
    throw new StartupError(`${file}:${line}: \\copy ${rest} is not understood: only \\copy TABLE FROM 'FILE' is`);
  const rows = linesOf(besides(file, unquoted(source)));
  const text = `COPY ${target} FROM STDIN ${options}`;
  try {
    await session.copy(text, rows);
    tally.took();
  } catch (error) {
    if (error instanceof StartupError) throw error;
    tally.lost(text.slice(0, 60), error, line);
  } finally {
    await rows.return();
  }
}

function besides(script: string, name: string): string {
  return isAbsolute(name) ? name : join(dirname(script), name);
}

function unquoted(text: string): string {
  const quoted = /^'((?:[^']|'')*)'/.exec(text)?.[1];
  return quoted === undefined ? (text.split(/[\s;]/)[0] ?? '') : quoted.replaceAll("''", "'");
}
