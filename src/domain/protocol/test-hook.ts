/** Called at each named interruption point, so that a test can stop, delay or kill the work right there. */
export type Hook = (step: string) => Promise<void> | void;
