import { createRequire } from 'node:module';

export interface Logger {
  debug(...words: unknown[]): void;
}

/** A silent logger for the emulator, whose messages would contain passwords and tokens. */
export function silentLogger(): Logger {
  const own = createRequire(createRequire(import.meta.url).resolve('cognito-local/package.json'));
  const pino: (options: { readonly level: string }) => Logger = own('pino');
  return pino({ level: 'silent' });
}
