import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tsImport } from 'tsx/esm/api';

/** Where the stacks of a test run note the grants that they used. Workers, and what they start, inherit it. */
export function noteGrants() {
  process.env.PORTAGE_GRANT_USE_FILE ??= join(mkdtempSync(join(tmpdir(), 'portage-grants-')), 'used.jsonl');
}

/** After the whole suite has passed: fails on a grant of the template that no stack used and that has no reason. */
export default class GrantReporter {
  #globalConfig;
  #error;

  constructor(globalConfig) {
    this.#globalConfig = globalConfig;
  }

  async onRunComplete(_, { success, wasInterrupted }) {
    const useFile = process.env.PORTAGE_GRANT_USE_FILE;
    const { testPathPatterns, testNamePattern, shard } = this.#globalConfig;
    const partial = testPathPatterns.patterns.length > 0 || testNamePattern || shard || process.env.TEST_GROUP;
    try {
      if (!success || wasInterrupted || partial) return;
      const { grantReport } = await tsImport('./grant-report.ts', import.meta.url);
      const { lines, faults } = await grantReport(useFile);
      for (const line of lines) console.log(line);
      if (faults.length > 0) this.#error = new Error(faults.join('\n'));
    } finally {
      rmSync(dirname(useFile), { recursive: true, force: true });
    }
  }

  getLastError() {
    return this.#error;
  }
}
