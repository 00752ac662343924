import { RdsError } from './errors.ts';

/** A request of the AWS Query protocol: a form whose names spell out structures (`Tags.Tag.1.Key`). */
export class Query {
  readonly #form: URLSearchParams;

  constructor(body: string) {
    this.#form = new URLSearchParams(body);
  }

  get action(): string {
    return this.required('Action');
  }

  optional(name: string): string | null {
    const value = this.#form.get(name);
    return value === '' ? null : value;
  }

  required(name: string): string {
    const value = this.optional(name);
    if (value === null) throw new RdsError('MissingParameter', `The request must contain the parameter ${name}`);
    return value;
  }

  /** Identifiers are kept in lower case, and start with a letter. */
  identifier(name: string): string {
    const value = this.required(name);
    if (!/^[A-Za-z](?:-?[A-Za-z0-9])*$/.test(value) || value.length > 63) {
      throw new RdsError('InvalidParameterValue', `The parameter ${name} is not a valid identifier: ${value}`);
    }
    return value.toLowerCase();
  }

  flag(name: string): boolean | null {
    const value = this.optional(name);
    return value === null ? null : value === 'true';
  }

  number(name: string): number | null {
    const value = this.optional(name);
    return value === null ? null : Number(value);
  }

  /** A list of scalars, `Name.member.1`, with any member name. */
  list(name: string): readonly string[] {
    return this.#members(name).map((prefix) => this.required(prefix));
  }

  tags(): Record<string, string> {
    return Object.fromEntries(
      this.#members('Tags').map((prefix) => [this.required(`${prefix}.Key`), this.optional(`${prefix}.Value`) ?? '']),
    );
  }

  /** `Filters.Filter.1.Name=db-cluster-id`, `Filters.Filter.1.Values.Value.1=…`: the values of one filter, null without it. */
  filter(filterName: string): readonly string[] | null {
    const prefix = this.#members('Filters').find((member) => this.optional(`${member}.Name`) === filterName);
    return prefix === undefined ? null : this.list(`${prefix}.Values`);
  }

  #members(name: string): readonly string[] {
    const found = new Set<string>();
    for (const key of this.#form.keys()) {
      if (!key.startsWith(`${name}.`)) continue;
      const [member, index] = key.slice(name.length + 1).split('.');
      if (index !== undefined && /^\d+$/.test(index)) found.add(`${name}.${member}.${index}`);
    }
    return [...found];
  }
}
