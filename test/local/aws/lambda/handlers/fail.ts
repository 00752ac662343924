/** A function for tests: fails with a named error. */
export const handler = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('too many'), { name: 'Overloaded' }));
