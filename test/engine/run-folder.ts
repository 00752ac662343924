/** Variable that names the folder of a test run. */
export const RUN_FOLDER = 'PORTAGE_TEST_RUN';

/** The folder of this test run, which is removed after its last suite. */
export function runFolder(): string {
  const folder = process.env[RUN_FOLDER];
  if (folder === undefined) throw new Error(`${RUN_FOLDER} is not set: jest sets it in test/engine/begin-run.ts`);
  return folder;
}
