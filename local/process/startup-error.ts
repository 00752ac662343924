/** The stack cannot start as asked; the message is one line that ends with the remedy. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** Wording of anything thrown, on one line. */
export function oneLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Refuses a Node that cannot `require` ECMAScript modules, which cognito-local does. */
export function checkNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new StartupError(
    `Node ${version} is too old: install Node 20.19 or newer (https://nodejs.org), then run again`,
  );
}
