import { ACCOUNT, REGION } from '../account.ts';

/** A function as a request to Lambda names it. */
export interface FunctionReference {
  readonly name: string;
  /** A version or an alias; null where none is named. */
  readonly qualifier: string | null;
  /** Of the function, with the qualifier if there is one. */
  readonly arn: string;
  /** Whether the name and the parameter `Qualifier` name different ones. */
  readonly contradicts: boolean;
}

const PREFIX = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:`;

/** Reads the function of a URL: callers write its name or its ARN, with the qualifier behind it or as a parameter. */
export function functionReference(url: string): FunctionReference {
  const { pathname, searchParams } = new URL(url, 'http://lambda');
  const asked = decodeURIComponent(/\/functions\/([^/]+)/.exec(pathname)?.[1] ?? '');
  const [, prefix = PREFIX, name = '', inName] =
    /^(arn:aws:lambda:[^:]*:\d*:function:)?([^:]*)(?::(.*))?$/.exec(asked) ?? [];
  const parameter = searchParams.get('Qualifier') ?? undefined;
  const qualifier = inName ?? parameter ?? null;
  const arn = `${prefix}${name}${qualifier === null ? '' : `:${qualifier}`}`;
  return { name, qualifier, arn, contradicts: inName !== undefined && parameter !== undefined && inName !== parameter };
}
