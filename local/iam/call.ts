/** What a request does, in IAM's words. A request may do several things, and needs to be allowed each. */
export interface Call {
  /** Such as `dynamodb:PutItem`. */
  readonly action: string;
  /** ARN; `*` where the service knows no resources for the action. */
  readonly resource: string;
  /** Condition keys of the request, such as `dynamodb:LeadingKeys`. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** A request as it came in. Of services that send no document in the body, the body is empty. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Makes a call; the context is empty unless given. */
export function call(action: string, resource: string, context: Call['context'] = {}): Call {
  return { action, resource, context };
}

/** The operation of a request in one of AWS's JSON protocols (`X-Amz-Target: Service.Operation`). */
export function targetOf({ headers }: WireRequest): string {
  return (
    String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? ''
  );
}

/** The members of a JSON body; empty where it is no object. */
export function jsonOf({ body }: WireRequest): Readonly<Record<string, unknown>> {
  return membersOf(body.byteLength === 0 ? {} : JSON.parse(body.toString('utf8')));
}

/** The members of an object; empty for anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** The elements of a list; empty for anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
