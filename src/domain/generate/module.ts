import type { Catalogue } from '../catalogue/catalogue.ts';
import { compilePlan } from '../plan-check/compile-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { entityTypeFile } from './entity-type.ts';
import { getsFile } from './gets.ts';
import { keysPage } from './keys-page.ts';
import { keysFile } from './keys.ts';
import { moduleModel } from './model.ts';
import { patternsFile } from './patterns.ts';
import { rowsFile } from './rows.ts';

export interface GeneratedFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The application's module as text, deterministic for a plan and schema. `portage` is the import
 * path of Portage's sources. Throws PlanError if a finding blocks the plan.
 */
export function generateModule(plan: Plan, catalogue: Catalogue, portage: string): readonly GeneratedFile[] {
  const model = moduleModel(plan, compilePlan(plan, catalogue, {}));
  return [
    { name: 'entity-type.ts', text: entityTypeFile(model) },
    { name: 'rows.ts', text: rowsFile(model, portage) },
    { name: 'keys.ts', text: keysFile(model, portage) },
    { name: 'gets.ts', text: getsFile(model, portage) },
    { name: 'patterns.ts', text: patternsFile(model, portage) },
    { name: 'KEYS.md', text: keysPage(model) },
  ];
}
