/** What intrinsic functions refer to. */
export interface References {
  /** What `Ref` gives: of a resource, a parameter or a pseudo parameter; undefined for AWS::NoValue. Throws where there is none. */
  ref(name: string): string | undefined;
  /** What `Fn::GetAtt` gives. Throws where there is no such resource or attribute. */
  attribute(logicalId: string, attribute: string): string;
}

/** A value of a template with its intrinsic functions replaced. Throws one line that names a function it does not know. */
export function resolve(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, references)).filter((one) => one !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && entries.length === 1 && isIntrinsic(first[0]))
    return resolveIntrinsic(first[0], first[1], references);
  return Object.fromEntries(
    entries.map(([key, one]) => [key, resolve(one, references)] as const).filter(([, one]) => one !== undefined),
  );
}

function isIntrinsic(key: string): boolean {
  return key === 'Ref' || key === 'Condition' || key.startsWith('Fn::');
}

function resolveIntrinsic(name: string, argument: unknown, references: References): unknown {
  const refuse = (why: string): never => {
    throw new Error(`${name} ${why}: ${JSON.stringify(argument).slice(0, 120)}`);
  };
  const text = (value: unknown): string => {
    const resolved = resolve(value, references);
    return typeof resolved === 'string' || typeof resolved === 'number' || typeof resolved === 'boolean'
      ? String(resolved)
      : refuse('expects text');
  };
  const list = (value: unknown): readonly unknown[] => {
    const resolved = resolve(value, references);
    return Array.isArray(resolved) ? resolved : refuse('expects a list');
  };
  const pair = (value: unknown): readonly [unknown, unknown] =>
    Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : refuse('expects two arguments');
  switch (name) {
    case 'Ref':
      return references.ref(text(argument));
    case 'Fn::GetAtt': {
      const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : list(argument).map(text);
      return references.attribute(logicalId ?? '', attribute.join('.'));
    }
    case 'Fn::Join': {
      const [delimiter, parts] = pair(argument);
      return list(parts).map(text).join(text(delimiter));
    }
    case 'Fn::Sub':
      return typeof argument === 'string'
        ? substitute(argument, {}, references)
        : substitute(text(pair(argument)[0]), resolve(pair(argument)[1], references), references);
    case 'Fn::Select': {
      const [index, parts] = pair(argument);
      const chosen = list(parts)[Number(text(index))];
      return chosen === undefined ? refuse('selects what is not there') : chosen;
    }
    case 'Fn::Split': {
      const [delimiter, whole] = pair(argument);
      return text(whole).split(text(delimiter));
    }
    default:
      return refuse('is an intrinsic function that the embedded stack does not know');
  }
}

/** Fills `${Name}` and `${Resource.Attribute}`; `${!Literal}` stays as `${Literal}`. */
function substitute(text: string, variables: unknown, references: References): string {
  const given = new Map<string, unknown>(Object.entries(Object(variables)));
  return text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (given.has(name)) return String(given.get(name));
    const at = name.indexOf('.');
    return at === -1 ? (references.ref(name) ?? '') : references.attribute(name.slice(0, at), name.slice(at + 1));
  });
}
