import { tsImport } from 'tsx/esm/api';

/** After the whole suite has passed: fails on a grant of the template that no stack used and that has no reason. */
export default class GrantReporter {
  #globalConfig;
  #error;

  constructor(globalConfig) {
    this.#globalConfig = globalConfig;
  }

  async onRunComplete(_, { numFailedTests, numFailedTestSuites, wasInterrupted }) {
    const useFile = process.env.PORTAGE_GRANT_USE_FILE;
    const { testPathPatterns, testNamePattern, shard } = this.#globalConfig;
    const partial = testPathPatterns.patterns.length > 0 || testNamePattern || shard || process.env.TEST_GROUP;
    // `success` is not known yet.
    if (numFailedTests + numFailedTestSuites > 0 || wasInterrupted || partial) return;
    const { grantReport } = await tsImport('./grant-report.ts', import.meta.url);
    const { lines, faults } = await grantReport(useFile);
    for (const line of [...lines, ...faults]) console.log(line);
    if (faults.length > 0) this.#error = new Error(faults.join('\n'));
  }

  getLastError() {
    return this.#error;
  }
}
