import type * as z from 'zod';
import { PlanError } from '../errors.ts';
import { didYouMean } from './rules/did-you-mean.ts';
import { type Plan, planSchema } from '../plan/plan.ts';
import { namesAt } from '../plan/schema.ts';

/**
 * Parses the text of a plan.
 *
 * @throws PlanError with the file, the place in it, the problem and the remedy
 */
export function parsePlan(text: string, file: string): Plan {
  const parsed = planSchema.safeParse(parseJson(text, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues.flatMap(unfold);
  if (issue === undefined) throw parsed.error;
  throw asPlanError(issue, file);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(said)?.[1];
    const before = position === undefined ? text : text.slice(0, Number(position));
    const lines = before.split('\n');
    throw new PlanError(
      {
        file,
        path: `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`,
        message: 'this is not JSON',
        remedy: 'Look for a missing or extra comma, quote or brace just before this place',
      },
      { cause: error },
    );
  }
}

type Issue = z.core.$ZodIssue;

/** Zod reports an issue for each member of a union; the one with the longest path belongs to the member that the author meant. */
function unfold(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inner = issue.errors.flatMap((issues) => issues.flatMap(unfold));
  const deepest = Math.max(0, ...inner.map(({ path }) => path.length));
  if (deepest === 0) return [issue];
  const [chosen] = inner.filter(({ path }) => path.length === deepest);
  return chosen === undefined ? [issue] : [{ ...chosen, path: [...issue.path, ...chosen.path] }];
}

function asPlanError(issue: Issue, file: string): PlanError {
  const steps = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const path = steps.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const at = path === '' ? key : `${path}.${key}`;
    return new PlanError({
      file,
      path: at,
      message: `there is no setting ${key} here`,
      remedy: didYouMean(key, namesAt(steps), 'setting'),
    });
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message))
    return new PlanError({ file, path, message: 'it is missing', remedy: `Add it: ${issue.expected} is expected` });
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    return new PlanError({
      file,
      path,
      message: 'the value is not one of those allowed',
      remedy: `Use one of ${values.join(', ')}`,
    });
  }
  if (issue.code === 'invalid_union') {
    const forms = issue.errors.flatMap((choices) => choices.flatMap(expected));
    return new PlanError({
      file,
      path,
      message: 'the value does not have an allowed form',
      remedy: `Use one of ${[...new Set(forms)].join(', ')}`,
    });
  }
  if (issue.code === 'invalid_format' && issue.format === 'regex')
    return new PlanError({
      file,
      path,
      message: 'the text contains characters that are not allowed, or has a length that is not allowed',
      remedy: `It has to match ${issue.pattern ?? 'its pattern'}`,
    });
  if (issue.code === 'invalid_key')
    return new PlanError({
      file,
      path,
      message: `the name ${String(issue.path.at(-1))} is not allowed`,
      remedy:
        steps[0] === 'entities'
          ? 'Write entity names in capitals, such as ORDER_ITEM'
          : 'Start with a lower-case letter and continue with letters and digits',
    });
  return new PlanError({
    file,
    path,
    message: issue.message.replace(/^Invalid input: /, ''),
    remedy: 'Correct the value; plan.schema.json lists what is allowed',
  });
}

/** The values or types that one member of a union accepts. */
function expected(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value));
  if (issue.code === 'invalid_type') return [`${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`];
  return [];
}
