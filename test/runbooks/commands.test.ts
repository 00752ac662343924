import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import * as z from 'zod';
import * as errors from '../../src/domain/errors.ts';
import { GATE_RULES, GATES } from '../../src/domain/gates/names.ts';
import { MISMATCH_KINDS } from '../../src/domain/verification/compare/finding.ts';
import { readDefinitions } from '../../infra/definition.ts';
import { handlerFiles } from '../../infra/handler-files.ts';
import { createProgram } from '../../src/operator/main.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'runbooks');
const runbooks = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
const readme = { name: '../README.md', text: readFileSync(join(root, 'README.md'), 'utf8') };
const pages = [...runbooks, readme];

const definitions = readDefinitions(join(root, 'statemachines'));
const machines = new Set(definitions.keys());
const functions = new Set(handlerFiles(join(root, 'handlers')).keys());

interface States {
  readonly [name: string]: { ItemProcessor?: { States: States } | undefined };
}
const states: z.ZodType<States> = z.lazy(() =>
  z.record(z.string(), z.looseObject({ ItemProcessor: z.looseObject({ States: states }).optional() })),
);

function namesOf(found: States): string[] {
  return Object.entries(found).flatMap(([name, { ItemProcessor }]) => [
    name,
    ...(ItemProcessor === undefined ? [] : namesOf(ItemProcessor.States)),
  ]);
}

const stateNames = new Set(
  [...definitions.values()].flatMap((definition) =>
    namesOf(z.looseObject({ States: states }).parse(JSON.parse(definition)).States),
  ),
);

/** Names in CamelCase that AWS, not this repository, gives. */
const AWS = new Set(['NotAuthorizedException', 'DatabaseResumingException', 'AccessDenied']);

/** Code of a page, block by block and span by span. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap(([, block]) => block?.split('\n') ?? []);
  const spans = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? '');
  return [...blocks, ...spans].map((line) => line.replace(/\s+#.*$/, '').trim());
}

function commandsOf(text: string): string[][] {
  return codeOf(text)
    .map((line) => line.replace(/^npx /, ''))
    .filter((line) => /^portage [a-z]/.test(line) && !line.includes('|'))
    .map((line) => [...line.slice('portage '.length).matchAll(/"[^"]*"|\S+/g)].map(([word]) => word));
}

function objectionTo(words: readonly string[]): string | null {
  let command: Command = createProgram();
  let at = 0;
  for (; at < words.length; at += 1) {
    const next = command.commands.find((candidate) => candidate.name() === words[at]);
    if (next === undefined) break;
    command = next;
  }
  if (command.name() === 'portage') return 'there is no such command';
  if (command.name() === 'up') return null;
  const given = words.slice(at).filter((word) => word.startsWith('--'));
  const unknown = given.filter((long) => !command.options.some((option) => option.long === long));
  if (unknown.length > 0) return `it has no ${unknown.join(', ')}`;
  const [first] = words.slice(at);
  const decides = command.name() === 'approve' || command.name() === 'reject';
  return decides && first !== undefined && !GATES.some((gate) => gate === first) ? `there is no gate ${first}` : null;
}

test.each(pages)('every command that $name names exists, with its options and gates', ({ text }) => {
  for (const words of commandsOf(text)) {
    expect({ command: words.join(' '), objection: objectionTo(words) }).toEqual({
      command: words.join(' '),
      objection: null,
    });
  }
});

test('a command that does not exist would be found', () => {
  expect(commandsOf('`portage approve delete-it --by "a b"`').map(objectionTo)).toEqual(['there is no gate delete-it']);
  expect(commandsOf('```sh\nportage verify --mend\n```').map(objectionTo)).toEqual(['it has no --mend']);
  expect(commandsOf('`npx portage env`').map(objectionTo)).toEqual(['there is no such command']);
});

test.each(pages)('every state machine that $name names exists', ({ text }) => {
  const named = [...text.matchAll(/`portage-([a-z-]+)`/g)].flatMap(([, name]) => name ?? []);
  expect(named.filter((name) => !machines.has(name) && !functions.has(name))).toEqual([]);
});

test.each(runbooks)('every state and error in $name exists', ({ text }) => {
  const named = codeOf(text).filter((word) => /^([A-Z][a-z]+){2,}$/.test(word));
  expect(named.filter((name) => !stateNames.has(name) && !(name in errors) && !AWS.has(name))).toEqual([]);
});

test.each(runbooks)('every relative link of $name leads somewhere', ({ text }) => {
  const targets = [...text.matchAll(/\]\(([^)#:]+)\)/g)].flatMap(([, target]) => target ?? []);
  expect(targets.filter((target) => !existsSync(join(folder, target)))).toEqual([]);
});

test.each(runbooks.filter(({ name }) => name !== 'README.md'))(
  '$name has its five parts, in their order',
  ({ text }) => {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Symptom', 'Decision', 'Command', 'Expected output', 'Way back']);
  },
);

test('gates.md lists every gate with its number of persons', () => {
  const text = runbooks.find(({ name }) => name === 'gates.md')?.text ?? '';
  for (const gate of GATES) {
    expect(text).toMatch(new RegExp(`\\| \`${gate}\` *\\| .* \\| *${GATE_RULES[gate].approvals} *\\|`));
  }
});

test('verification.md tells what to do on every kind of damage', () => {
  const text = runbooks.find(({ name }) => name === 'verification.md')?.text ?? '';
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  expect(MISMATCH_KINDS.filter((damage) => !rows.some((row) => row.split('|')[1]?.includes(`\`${damage}\``)))).toEqual(
    [],
  );
});

test('every phase and every recovery has its runbook, and the page of contents leads to all of them', () => {
  const contents = runbooks.find(({ name }) => name === 'README.md')?.text ?? '';
  const wanted = [
    'auth',
    'dual-write',
    'cutover',
    'decommission',
    ...GATES.filter((name) => name.startsWith('recover-')),
  ];
  expect(wanted.filter((name) => !runbooks.some((runbook) => runbook.name === `${name}.md`))).toEqual([]);
  expect(runbooks.filter(({ name }) => name !== 'README.md' && !contents.includes(`(${name})`))).toEqual([]);
});
