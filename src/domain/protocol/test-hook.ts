/** Called at each named interruption point, so that a test can stop, delay or kill the work there. */
export type Hook = (step: string) => Promise<void> | void;
