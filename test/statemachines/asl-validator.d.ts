declare module 'asl-validator' {
  /** Checks a definition, as an object, against the JSON schemas of the States Language. */
  export default function validate(definition: unknown): {
    readonly isValid: boolean;
    readonly errors: readonly unknown[];
  };
}
