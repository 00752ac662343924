import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { end } from '../../local/process/running.ts';
import { runFolder } from './run-folder.ts';

/** After the last suite, also where some failed. */
export default async function endEngines(): Promise<void> {
  const folder = runFolder();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const { pid } = z.object({ pid: z.number() }).parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    await end({ pid, program: 'DynamoDBLocal.jar', signal: 'SIGKILL' });
  }
  rmSync(folder, { recursive: true, force: true });
}
