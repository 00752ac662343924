import { expect, test } from '@jest/globals';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { chooseAccount } from '../../../local/postgres/account.ts';

// Other users run the programs as themselves, and there is nothing to choose.
const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot(
  'root lends an account that reaches programs in a folder closed to others, and can do nothing else',
  async () => {
    const closed = mkdtempSync(join(tmpdir(), 'portage-account-'));
    try {
      const program = join(closed, 'program');
      copyFileSync('/bin/sh', program);
      const account = chooseAccount(program, join(closed, 'data'));
      const script = `test -x "$0" && id -u && grep CapEff /proc/self/status`;
      const child = account.spawn(program, ['-c', script, program], { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
      const said = child.stdout === null ? '' : await text(child.stdout);
      expect(account.ids?.uid).toBeGreaterThan(0);
      expect(said).toMatch(new RegExp(`^${account.ids?.uid}\\nCapEff:\\s*0*2\\n$`));
    } finally {
      rmSync(closed, { recursive: true, force: true });
    }
  },
);
