import { copyFileSync, linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import { handlerFiles } from './handler-files.ts';

/**
 * Bundles with the SDK inside: the version that the tests ran is the one that runs. One call parses what the handlers share
 * once. Names are kept, so that a stack trace reads without source maps. Writes `<folder>/<name>/index.mjs` for each.
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
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'warning',
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: {
      js: "import { createRequire as portageCreateRequire } from 'node:module'; const require = portageCreateRequire(import.meta.url);",
    },
  };
}

/** Makes the folder that a function is deployed from: its bundle, and the plan beside it. */
export function makePackage(bundles: string, name: string, planPath: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const [from, to] = [join(bundles, name, 'index.mjs'), join(folder, 'index.mjs')];
  try {
    linkSync(from, to);
  } catch {
    // The two are on different file systems.
    copyFileSync(from, to);
  }
  copyFileSync(planPath, join(folder, 'plan.json'));
}

function fileOf(files: ReadonlyMap<string, string>, name: string): string {
  const file = files.get(name);
  if (file === undefined)
    throw new Error(`infra/functions.json: there is no handler ${name}; add its file to handlers/`);
  return file;
}
