import * as z from 'zod';
import { ValueRefused } from '../../domain/errors.ts';

/** A page token names its store: an offset of one means nothing to the other (RACE-42). */
const token = z.object({ store: z.enum(['source', 'target']), at: z.string() });
export type PageToken = z.infer<typeof token>;

/** Encodes a page token as text that a URL can hold. */
export function formatPageToken(value: PageToken): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Decodes a page token. Throws ValueRefused for a text that is none. */
export function parsePageToken(pattern: string, text: string): PageToken {
  try {
    return token.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new ValueRefused({ entity: `pattern ${pattern}`, column: 'after', reason: 'it is no page token' }, { cause });
  }
}
