import { testGroups } from './test/groups.mjs';

const group = process.env['TEST_GROUP'];
const tests = group === undefined ? ['**/*.test.ts'] : testGroups()[group];
if (tests === undefined) throw new Error(`TEST_GROUP=${group}: expected unit, engines, explorer or scenarios`);

/** Tests run on real engines that they start themselves; a slow machine gets time, not sleeps. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: tests,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: './test/engine/begin-run.ts',
  globalTeardown: './test/engine/end-engines.ts',
  reporters: ['default', '<rootDir>/test/grants/grant-reporter.mjs'],
  testTimeout: 60_000,
  maxWorkers: 2,
};
