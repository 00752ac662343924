import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCatalogue } from '../adapters/postgres/catalogue/read-catalogue.ts';
import { type GeneratedFile, generateModule } from '../domain/generate/module.ts';
import { parsePlan } from '../domain/plan-check/parse.ts';
import { OperatorError } from './operator-error.ts';
import { print } from './output.ts';
import { SOURCE_FORMS, withSource } from './plan/source.ts';

interface GenerateOptions {
  readonly plan?: string;
  readonly out: string;
  readonly source?: string;
  readonly portage: string;
  readonly check: boolean;
  readonly json: boolean;
}

/** `portage generate`. */
export function registerGenerate(program: Command): void {
  program
    .command('generate')
    .description(
      "writes the application's module: rows, keys, gets and one function per access pattern, and a page of all keys",
    )
    .requiredOption('--out <folder>', 'where the module goes')
    .option('--plan <file>', 'the plan (default: PORTAGE_PLAN_FILE, else plan.json)')
    .option('--source <source>', `${SOURCE_FORMS} (default: the environment)`)
    .option('--portage <specifier>', "how the module imports Portage's sources", 'portage/src')
    .option('--check', 'write nothing; exit 1 when the files there are not those of this plan and schema', false)
    .option('--json', 'answer as JSON', false)
    .action(async ({ plan: named, out, source, portage, check, json }: GenerateOptions) => {
      const file = named ?? process.env['PORTAGE_PLAN_FILE'] ?? 'plan.json';
      const plan = parsePlan(read(file), file);
      const catalogue = await withSource(source, process.env, (sql) => readCatalogue(sql, plan.source.schema));
      if (catalogue === null) throw new OperatorError(`no source is named: give --source ${SOURCE_FORMS}`);
      const files = generateModule(plan, catalogue, portage);
      const stale = files.filter(({ name, text }) => readIfPresent(join(out, name)) !== text);
      if (!check) write(out, stale);
      const names = stale.map(({ name }) => name);
      print(
        json,
        { out, check, fingerprint: catalogue.fingerprint, files: files.map(({ name }) => name), stale: names },
        [
          ...names.map((name) => `${check ? 'stale' : 'wrote'} ${join(out, name)}`),
          names.length === 0
            ? `${out} is current: ${files.length} files`
            : `${names.length} of ${files.length} files ${check ? `are stale: run portage generate --plan ${file} --out ${out}` : 'written'}`,
        ],
      );
      if (check && stale.length > 0) process.exitCode = 1;
    });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read: name the plan with --plan or PORTAGE_PLAN_FILE`, { cause: error });
  }
}

/** What stands in a file; null where there is none. */
function readIfPresent(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function write(folder: string, files: readonly GeneratedFile[]): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${folder} cannot be written (${said}): name another folder with --out`, { cause: error });
  }
}
