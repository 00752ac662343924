import { placeholderOf, substitute } from '../../infra/definition.ts';

/** Definitions with the ARNs that the template puts in place of their placeholders. */
export function fillIn(
  definitions: ReadonlyMap<string, string>,
  functions: readonly { readonly name: string }[],
): ReadonlyMap<string, string> {
  const values = new Map([
    ...functions.map(({ name }) => [placeholderOf(name, 'function'), arn('lambda', 'function', name)] as const),
    ...[...definitions.keys()].map(
      (name) => [placeholderOf(name, 'machine'), arn('states', 'stateMachine', name)] as const,
    ),
  ]);
  return new Map([...definitions].map(([name, text]) => [name, substitute(name, text, values)]));
}

function arn(service: string, kind: string, name: string): string {
  return `arn:aws:${service}:us-east-1:000000000000:${kind}:portage-${name}`;
}
