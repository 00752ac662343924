/** Variable that names the folder in which the suites of a test run note what they share. */
export const RUN_FOLDER = 'PORTAGE_TEST_RUN';
