import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FOLDER } from './run-folder.ts';

/** Before the first suite. Engines start when a suite asks for one. */
export default function beginRun(): void {
  process.env[RUN_FOLDER] = mkdtempSync(join(tmpdir(), 'portage-test-'));
}
