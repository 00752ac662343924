import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCatalogue } from '../../adapters/postgres/catalogue/read-catalogue.ts';
import { type GeneratedFile, generateModule } from '../../domain/generate/module.ts';
import { OperatorError } from '../operator-error.ts';
import { print } from '../output.ts';
import { readPlan } from './read-plan.ts';
import { SOURCE_FORMS, withSource } from './source.ts';

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
    .requiredOption('--out <folder>', 'folder to write the module to')
    .option('--plan <file>', 'the plan (default: PORTAGE_PLAN_FILE, else plan.json)')
    .option('--source <source>', `${SOURCE_FORMS} (default: the environment)`)
    .option('--portage <specifier>', "how the module imports Portage's sources", 'portage/src')
    .option('--check', 'write nothing; exit 1 when the files differ from what this plan and schema generate', false)
    .option('--json', 'print JSON', false)
    .action(async ({ plan: named, out, source, portage, check, json }: GenerateOptions) => {
      const { file, plan } = readPlan(named);
      const catalogue = await withSource(source, process.env, (sql) => readCatalogue(sql, plan.source.schema));
      if (catalogue === null) throw new OperatorError(`no source: name it with --source ${SOURCE_FORMS}`);
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

/** The text of a file; null when it does not exist or cannot be read. */
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
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`${folder} cannot be written (${reason}): name another folder with --out`, {
      cause: error,
    });
  }
}
