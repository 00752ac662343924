import { ApiError } from '../model/api-error.ts';

/** One fault of a definition, in the form in which AWS reports it. */
export interface DefinitionFault {
  readonly code: string;
  readonly message: string;
  readonly location: string;
}

export type ReportFault = (location: string, message: string, code?: string) => void;

/** Collects findings. */
export function collectFaults(): { readonly findings: DefinitionFault[]; readonly report: ReportFault } {
  const findings: DefinitionFault[] = [];
  return {
    findings,
    report: (location, message, code = 'SCHEMA_VALIDATION_FAILED') => findings.push({ code, message, location }),
  };
}

/** The error with which AWS refuses a definition: every finding, with its place. */
export function invalidDefinition(findings: readonly DefinitionFault[]): ApiError {
  const list = findings.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(', ');
  return new ApiError('InvalidDefinition', `Invalid State Machine Definition: '${list}'`);
}
