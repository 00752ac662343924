import type { Faults } from '../faults/control.ts';
import type { FaultSettings, StruckCalls } from '../faults/injector.ts';
import { type Service, SERVICES } from '../stack/environment.ts';

/** How long a service is out altogether: several attempts of a state machine fail. */
const OUTAGE_MS = 6_000;

/** Breaks calls of functions and state machines while the migration runs. */
export interface ServiceFaults {
  /** To be called often: moves the outage on to the next service. */
  poll(): Promise<void>;
  /** Ends all faults; tells which calls were struck. */
  end(): Promise<StruckCalls>;
}

/** A share of the calls to every service, and each service in turn altogether. */
export function createServiceFaults(faults: Faults, share: number, elapsed: () => number): ServiceFaults {
  const began = elapsed();
  let out: Service | null = null;
  return {
    async poll() {
      const turn = Math.floor((elapsed() - began) / OUTAGE_MS);
      const next = SERVICES[turn % SERVICES.length] ?? null;
      if (next === out) return;
      out = next;
      await faults.set(settingsFor(share, out));
    },
    async end() {
      await faults.set({});
      return faults.struck();
    },
  };
}

function settingsFor(share: number, out: Service | null): FaultSettings {
  return Object.fromEntries(
    SERVICES.map((service) => [service, { share: service === out ? 1 : share, callers: 'functions' as const }]),
  );
}
