import * as z from 'zod';
import type { DeployedResource } from '../deployment.ts';

/** What a kind of resource needs in order to name one. */
export interface Naming {
  readonly logicalId: string;
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  /** A property as text, or undefined where the template leaves it to CloudFormation. */
  property(name: string): string | undefined;
}

/** What others get from a resource: by `Ref`, and by `Fn::GetAtt`. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A resource about to be read. */
export interface Place extends Identity {
  readonly logicalId: string;
  readonly account: string;
  readonly region: string;
  /** Absolute path of the folder whose content is uploaded as this object. Throws where the assembly has none. */
  bundle(bucket: string, key: string): string;
}

/** How one type of resource is understood. */
export interface ResourceKind {
  identify(naming: Naming): Identity;
  /** Throws one line that names a property it does not know, or whose value it cannot run. */
  read(properties: unknown, place: Place): readonly DeployedResource[];
}

/** Declares how a type is understood: `properties` names every property that it may have. */
export function resourceKind<Properties>(kind: {
  readonly properties: z.ZodType<Properties>;
  readonly identify: (naming: Naming) => Identity;
  readonly read: (properties: Properties, place: Place) => readonly DeployedResource[];
}): ResourceKind {
  return {
    identify: kind.identify,
    read: (raw, place) => {
      const parsed = kind.properties.safeParse(raw);
      if (parsed.success) return kind.read(parsed.data, place);
      const [issue] = parsed.error.issues;
      const path = (more: readonly PropertyKey[]): string => [...(issue?.path ?? []), ...more].map(String).join('.');
      if (issue?.code === 'unrecognized_keys')
        throw new Error(
          `has the property ${path(issue.keys.slice(0, 1))}, which the embedded stack does not know; say in local/template/kinds/ what it does`,
        );
      throw new Error(`has a ${path([])} that the embedded stack cannot run: ${issue?.message}`);
    },
  };
}

/** A property that rightly has no effect on this machine, and why. */
export function withoutEffect(reason: string): z.ZodOptional<z.ZodUnknown> {
  return z.unknown().describe(reason).optional();
}

/** A name that CloudFormation would make up; here without its random part, so that it is the same at each start. */
export function generatedName({ stackName, logicalId }: Naming, longest: number): string {
  const whole = `${stackName}-${logicalId}`;
  if (whole.length <= longest) return whole;
  // The end of a logical id tells apart what begins alike.
  return `${whole.slice(0, longest - 9)}-${whole.slice(-8)}`;
}

/** CloudFormation writes booleans and numbers also as text. */
export const count = z.coerce.number().int().positive();

export const TAGS = withoutEffect('tags are for bills and people');
