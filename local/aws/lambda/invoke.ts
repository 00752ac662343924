/** Invokes a local function by its name, or by its ARN, and returns its result; throws its error. */
export async function invoke(
  endpoint: string,
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const response = await fetch(`${endpoint}/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
    method: 'POST',
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok || response.headers.has('x-amz-function-error')) throw new Error(`${name}: ${text}`);
  return JSON.parse(text);
}
