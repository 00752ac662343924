import * as z from 'zod';
import { type Random, randomOf } from '../../examples/campaigns/generator/random.ts';
import { type Service, SERVICES } from '../stack/environment.ts';
import { faultsOf, SERVICE_FAULTS, type ServiceFault } from './service-faults.ts';

/** Which calls to each service break; those to a service that is not named go through. */
export const faultSettings = z.partialRecord(
  z.enum(SERVICES),
  z.strictObject({
    /** Of calls, from 0 to 1. */
    share: z.number().min(0).max(1),
    /** The faults that are meant; all unless given. */
    kinds: z.array(z.enum(SERVICE_FAULTS)).optional(),
    /** Whose calls break: everybody's, or those of functions and state machines. */
    callers: z.enum(['all', 'functions']).default('all'),
    /** Of DynamoDB: the index that throttles; the table or index that the call names unless given. */
    index: z.string().optional(),
  }),
);

export type FaultSettings = z.input<typeof faultSettings>;

/** Calls that were broken, by service and fault. */
export const struckCalls = z.partialRecord(z.enum(SERVICES), z.partialRecord(z.enum(SERVICE_FAULTS), z.number()));

export type StruckCalls = z.infer<typeof struckCalls>;

export interface Strike {
  readonly fault: ServiceFault;
  readonly slowMs: number;
  /** The index that throttles. */
  readonly index: string | undefined;
}

export interface Injector {
  /** Replaces the settings. */
  set(settings: FaultSettings): void;
  /** What befalls this call, and how long it is slow; null where it goes through. */
  strike(call: { readonly service: Service; readonly operation: string; readonly byFunction: boolean }): Strike | null;
  struck(): StruckCalls;
}

/** Decides which calls break. The same calls in the same order break in the same way for a seed, service by service. */
export function createInjector(seed: number): Injector {
  let settings: z.output<typeof faultSettings> = {};
  const randoms = new Map<Service, Random>();
  const struck = new Map<Service, Map<ServiceFault, number>>();
  return {
    set: (changed) => {
      settings = faultSettings.parse(changed);
    },
    strike: ({ service, operation, byFunction }) => {
      const setting = settings[service];
      if (setting === undefined || (setting.callers === 'functions' && !byFunction)) return null;
      const random = randoms.get(service) ?? randomOf(seed, `faults ${service}`);
      randoms.set(service, random);
      const { kinds } = setting;
      const [first, ...others] = faultsOf(service, operation).filter((kind) => kinds?.includes(kind) ?? true);
      if (!random.chance(setting.share) || first === undefined) return null;
      const fault = random.pick([first, ...others]);
      const counts = struck.get(service) ?? new Map<ServiceFault, number>();
      struck.set(service, counts.set(fault, (counts.get(fault) ?? 0) + 1));
      return { fault, slowMs: fault === 'slow' ? random.between(50, 600) : 0, index: setting.index };
    },
    struck: () =>
      Object.fromEntries([...struck].map(([service, counts]) => [service, Object.fromEntries(counts)] as const)),
  };
}
