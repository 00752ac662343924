import * as z from 'zod';
import { randomOf } from '../../examples/campaigns/generator/random.ts';

export const ROLES = ['writer by data-api', 'writer by pg', 'load', 'relay', 'sweeper'] as const;
export type Role = (typeof ROLES)[number];

/** Named interruption points of each role, as the protocol calls them. */
const STEPS: Readonly<Record<Role, readonly [string, ...string[]]>> = {
  'writer by data-api': [
    'begun',
    'changed',
    'collected',
    'bodies',
    'flushed',
    'attempted',
    'written',
    'marked',
    'committed',
  ],
  'writer by pg': ['begun', 'changed', 'collected', 'bodies', 'flushed', 'attempted', 'written', 'marked', 'committed'],
  load: ['read', 'bodies', 'flushed', 'batch', 'written', 'saved'],
  relay: ['read', 'bodies', 'flushed', 'applied', 'marked'],
  sweeper: ['status', 'item', 'intent', 'source', 'flushed', 'put', 'forgotten'],
};

/** When a process dies: at the nth time it reaches a step, or some time after its start. */
export const death = z.union([
  z.object({ step: z.string(), nth: z.number() }),
  z.object({ afterMs: z.number() }),
  z.null(),
]);
export type Death = z.infer<typeof death>;

/** What a run does; everything is derived from its seed. */
export interface KillSchedule {
  readonly seed: number;
  readonly deaths: Readonly<Record<Role, Death>>;
  /** Dual writes from the start, or only source writes until the load is under way. */
  readonly startsIn: 'load' | 'dual';
  /** Milliseconds after the start at which PostgreSQL is killed; null = not at all. */
  readonly crashAfterMs: number | null;
}

export function killScheduleOf(seed: number): KillSchedule {
  const random = randomOf(seed, 'schedule');
  const dies = (role: Role): Death => {
    if (random.chance(0.3)) return null;
    if (random.chance(0.35)) return { afterMs: random.between(5, 600) };
    return { step: random.pick(STEPS[role]), nth: random.between(1, role.startsWith('writer') ? 6 : 3) };
  };
  const deaths = {
    'writer by data-api': dies('writer by data-api'),
    'writer by pg': dies('writer by pg'),
    load: dies('load'),
    relay: dies('relay'),
    sweeper: dies('sweeper'),
  };
  return {
    seed,
    deaths,
    startsIn: random.chance(0.25) ? 'load' : 'dual',
    crashAfterMs: random.chance(0.1) ? random.between(100, 700) : null,
  };
}
