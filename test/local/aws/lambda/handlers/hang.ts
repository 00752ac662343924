/** A function for tests: never answers. */
export const handler = (): Promise<never> => new Promise(() => undefined);
