import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { handlerFiles } from '../handler-files.ts';

/**
 * Bundles with the SDK inside: the version that the tests ran is the one that runs. One call parses what the handlers share
 * once. Writes `<folder>/<name>/index.mjs` and its source map for each.
 */
export function bundleHandlers(names: readonly string[], root: string, folder: string): void {
  buildSync(bundleOptions(names, root, folder));
}

/** What esbuild is told; the embedded stack bundles with the same options. */
export function bundleOptions(names: readonly string[], root: string, folder: string): BuildOptions {
  const files = handlerFiles(join(root, 'handlers'));
  return {
    entryPoints: names.map((name) => ({ in: fileOf(files, name), out: join(name, 'index') })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Of a package in both formats the one that unused code can be left out of: a third less to load at a cold start.
    mainFields: ['module', 'main'],
    // Without the sources' text: a stack trace needs only places.
    sourcemap: 'linked',
    sourcesContent: false,
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: {
      js: "import { createRequire as portageCreateRequire } from 'node:module'; const require = portageCreateRequire(import.meta.url);",
    },
  };
}

/** Makes the folder that a function is deployed from: its bundle with the source map, and the plan beside it. */
export function makePackage(bundles: string, name: string, planPath: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const file of ['index.mjs', 'index.mjs.map']) linkOrCopy(join(bundles, name, file), join(folder, file));
  copyFileSync(planPath, join(folder, 'plan.json'));
}

/** Gives a file a second name, without a copy of its content where the file system allows that. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // The two are on different file systems.
    copyFileSync(from, to);
  }
}

function fileOf(files: ReadonlyMap<string, string>, name: string): string {
  const file = files.get(name);
  if (file === undefined)
    throw new Error(`infra/functions.json: there is no handler ${name}; add its file to handlers/`);
  return file;
}
