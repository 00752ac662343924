import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { oneLine, outputWithRemedy, StartupError } from '../process/startup-error.ts';
import type { Account } from './account.ts';
import { own } from './account.ts';
import type { Binaries } from './binaries.ts';

export interface Superuser {
  readonly user: string;
  readonly password: string;
}

/**
 * Creates a data directory unless one exists; an incomplete one (kill -9 in between) never gets the
 * final name.
 */
export async function initialise(
  binaries: Binaries,
  account: Account,
  dataDir: string,
  superuser: Superuser,
): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const fresh = `${dataDir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await own(fresh, account);
  // Beside the data directory, because there the account can reach it.
  const secrets = await mkdtemp(`${dataDir}.initdb-`);
  try {
    const passwordFile = join(secrets, 'password');
    await writeFile(passwordFile, `${superuser.password}\n`, { mode: 0o600 });
    await own(secrets, account);
    await run(account, binaries.initdb, fresh, [
      `--pgdata=${fresh}`,
      `--username=${superuser.user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Linguistic order by default, as on Aurora (en_US.UTF-8), so that a missing COLLATE "C"
      // becomes visible.
      '--locale=C',
      '--locale-provider=icu',
      '--icu-locale=en-US',
      '--no-sync',
    ]);
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
  await rename(fresh, dataDir);
}

function run(account: Account, program: string, dataDir: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = account.spawn(program, args, { cwd: dirname(dataDir), stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(outputWithRemedy(errors, dataDir) ?? new StartupError(`initdb failed: ${oneLine(errors)}`));
    });
  });
}
