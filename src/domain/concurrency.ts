/** Maps `inputs` with at most `width` calls at a time; outputs keep the order of `inputs`. After a failure no further call starts, and the first failure is thrown once the running calls have ended. */
export async function mapConcurrently<I, O>(
  width: number,
  inputs: readonly I[],
  work: (input: I, index: number) => Promise<O>,
): Promise<O[]> {
  const outputs: O[] = [];
  let next = 0;
  const failures: unknown[] = [];
  const run = async (): Promise<void> => {
    for (;;) {
      const index = next++;
      const input = inputs[index];
      if (index >= inputs.length || failures.length > 0 || input === undefined) return;
      try {
        outputs[index] = await work(input, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, inputs.length) }, run));
  if (failures.length > 0) throw failures[0];
  return outputs;
}
