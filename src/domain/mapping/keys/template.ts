/** One `#` segment of a key template: a literal, or a column's value (`path` has dots where it follows foreign keys). */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'value'; readonly path: string; readonly lower: boolean };

export type ParsedTemplate =
  { readonly ok: true; readonly segments: readonly Segment[] } | { readonly ok: false; readonly problem: string };

type ValueSegment = Extract<Segment, { readonly kind: 'value' }>;

/**
 * Parses `SESSION#{campaign_id}#{id}`. A trailing `#` (a prefix, in patterns) gives an empty last
 * literal. A brace closes at the `}` before the next `#` or the end, so that column names may
 * contain almost any character.
 */
export function parseTemplate(text: string): ParsedTemplate {
  const segments: Segment[] = [];
  let at = 0;
  for (;;) {
    const value = matchAt(VALUE, text, at);
    const literal = value === null ? matchAt(LITERAL, text, at) : null;
    const found = value ?? literal;
    if (found === null)
      return {
        ok: false,
        problem: `${JSON.stringify(text)} has an unpaired brace, or mixes text and a column in one segment`,
      };
    segments.push(value === null ? { kind: 'literal', text: found[0] } : valueSegment(value[1] ?? ''));
    at += found[0].length;
    if (at >= text.length) return { ok: true, segments };
    at += 1;
  }
}

/** The segments that hold a value. */
export function valuesOf(segments: readonly Segment[]): readonly ValueSegment[] {
  return segments.filter((segment) => segment.kind === 'value');
}

/** Same segment, with the same meaning. */
export function sameSegment(left: Segment | undefined, right: Segment | undefined): boolean {
  if (left?.kind === 'literal') return right?.kind === 'literal' && left.text === right.text;
  return left?.kind === 'value' && right?.kind === 'value' && left.path === right.path && left.lower === right.lower;
}

const VALUE = /\{([^#]+?)\}(?=#|$)/y;
const LITERAL = /[^#{}]*(?=#|$)/y;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function valueSegment(text: string): Segment {
  const lower = text.endsWith('|lower');
  return { kind: 'value', path: lower ? text.slice(0, -'|lower'.length) : text, lower };
}

/**
 * The `lower` of templates maps code point by code point, as PostgreSQL's `lower` does, independent
 * of word position and language.
 */
export function lowerCase(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  let lowered = '';
  for (const point of text) lowered += point === 'İ' ? 'i' : point.toLowerCase();
  return lowered;
}

const BEYOND_ASCII = /[\u0080-\uffff]/;
