import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RUN_FOLDER } from './run-folder.ts';

/** Before the first suite. Engines start when a suite asks for one. */
export default function beginRun(): void {
  const folder = mkdtempSync(join(tmpdir(), 'portage-test-'));
  process.env[RUN_FOLDER] = folder;
  // Where the stacks of the run note the grants that they used. Workers, and what they start, inherit it.
  process.env['PORTAGE_GRANT_USE_FILE'] = join(folder, 'used-grants.jsonl');
}
