import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A cold start loads the whole bundle. */
const MAX_BYTES = 1_000_000;

export interface BundleSize {
  readonly name: string;
  /** Compressed by gzip. */
  readonly bytes: number;
}

/** The bundles below a folder of `bundleHandlers`, largest first. */
export function bundleSizes(names: readonly string[], folder: string): readonly BundleSize[] {
  return names
    .map((name) => ({ name, bytes: gzipSync(readFileSync(join(folder, name, 'index.mjs'))).byteLength }))
    .toSorted((one, other) => other.bytes - one.bytes);
}

/** One line for people. Throws one that names the bundles that are too large. */
export function sizeLine(sizes: readonly BundleSize[]): string {
  const tooLarge = sizes.filter(({ bytes }) => bytes > MAX_BYTES);
  if (tooLarge.length > 0)
    throw new Error(
      `bundles may have ${kilobytes(MAX_BYTES)} compressed: ${tooLarge.map(describe).join(', ')}; find what they import with esbuild's metafile`,
    );
  const [largest, smallest] = [sizes.at(0), sizes.at(-1)];
  if (largest === undefined || smallest === undefined) return 'no bundles';
  return `bundles: ${sizes.length}, compressed from ${describe(smallest)} to ${describe(largest)}`;
}

function describe({ name, bytes }: BundleSize): string {
  return `${kilobytes(bytes)} (${name})`;
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}
