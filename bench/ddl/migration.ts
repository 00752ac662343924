import { setTimeout as pause } from 'node:timers/promises';
import type { Connected } from '../../local/engines/connect.ts';
import { differences } from '../../local/engines/differences.ts';
import { adoptLeaves } from '../../src/adapters/postgres/capture/adopt-leaves.ts';
import {
  captureColumns,
  carryTables,
  uncapturedColumns,
} from '../../src/adapters/postgres/schema-watch/carry-columns.ts';
import {
  captureGaps,
  dischargeChanges,
  installCapture,
  openWriters,
  stillOpen,
} from '../../src/adapters/postgres/capture/capture.ts';
import { quotedLeaf } from '../../src/adapters/postgres/sql/quote.ts';
import { relationsOf } from '../../src/adapters/postgres/sql/relation.ts';
import { capturedLeaves, lostLeaves, replacedColumns } from '../../src/adapters/postgres/capture/captured-leaves.ts';
import { readRewrites } from '../../src/adapters/postgres/schema-watch/rewritten-columns.ts';
import { createChangelog } from '../../src/adapters/postgres/capture/changelog.ts';
import { createMissedChanges } from '../../src/adapters/postgres/capture/missed-changes.ts';
import { readShardOwners } from '../../src/adapters/postgres/rows/shard-owners.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { createRowSource } from '../../src/adapters/postgres/rows/row-source.ts';
import { mapConcurrently } from '../../src/domain/concurrency.ts';
import { assertSchema } from '../../src/domain/ddl/assert-schema.ts';
import { unfinishedColumns } from '../../src/domain/progress/carried.ts';
import { watchSchema } from '../../src/domain/ddl/watch-schema.ts';
import { installGeneration } from '../../src/domain/load/install.ts';
import { walkRows } from '../../src/domain/key-ranges/walk-rows.ts';
import { loadSegment, planLoad } from '../../src/domain/load/run-load.ts';
import type { Catalogue } from '../../src/domain/catalogue/catalogue.ts';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import type { ModeState } from '../../src/domain/mode/modes.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { leaveTarget, moveMode, returnReads } from '../../src/domain/progress/move-mode.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { repairMissed } from '../../src/domain/protocol/repair-missed.ts';
import { sweep } from '../../src/domain/protocol/sweep.ts';
import { tombstoneStaleItems } from '../../src/domain/protocol/tombstone-stale-items.ts';
import { backlogReasons, backlogSize, readBacklog } from '../../src/domain/window/backlog.ts';

/** Pause of relay, sweeper and watch between two rounds. */
const ROUND_MS = 40;
/** Without progress for this long, the backlog does not empty. */
const SETTLE_MS = 15_000;

const time = {
  monotonic: () => performance.now(),
  sleep: (milliseconds: number): Promise<void> => pause(milliseconds),
};
const NO_ACCESS = {
  fence: () => Promise.resolve(),
  unfence: () => Promise.resolve(),
  lockOutLogins: () => Promise.resolve([]),
  restoreLogins: () => Promise.resolve([]),
};

/** One generation of a migration: capture, load, then relay, sweeper and watch in the background, as the handlers run them. */
export class Generation {
  readonly #connected: Connected;
  readonly #plan: Plan;
  mapping: Mapping;
  readonly generation: number;
  readonly adopted = new Set<string>();
  /** Why the rollback was started, null while it was not. */
  halted: string | null = null;
  /** Errors of relay, sweeper and watch. */
  readonly errors: string[] = [];
  #over = false;
  #lastLook: Promise<void> = Promise.resolve();
  #background: Promise<unknown> = Promise.resolve();

  private constructor(connected: Connected, plan: Plan, mapping: Mapping, generation: number) {
    this.#connected = connected;
    this.#plan = plan;
    this.mapping = mapping;
    this.generation = generation;
  }

  /** Installs capture and loads, while the application goes on; ends in mode `dual`. */
  static async begin(
    connected: Connected,
    plan: Plan,
    { run, follow }: { readonly run: string; readonly follow: boolean },
  ): Promise<Generation> {
    const { control, table, sources } = connected;
    const sql = sources.pg;
    const capture = {
      catalogue: () => readCatalogue(sql, plan.source.schema),
      install: (mapping: Mapping, generation: number) => installCapture(sql, mapping, generation, { follow }),
      openWriters: () => openWriters(sql),
      stillOpen: (writers: readonly string[]) => stillOpen(sql, writers),
      discharge: () => dischargeChanges(sql),
      shardOwners: (mapping: Mapping) => readShardOwners(sql, mapping),
      gaps: (mapping: Mapping) => captureGaps(sql, mapping),
    };
    const { generation } = await installGeneration({ plan, control, table, capture, time }, run);
    const facts = await control.facts(generation);
    if (facts === null) throw new Error(`generation ${generation} has no facts`);
    const begun = new Generation(connected, plan, compilePlan(plan, facts.catalogue, facts.shards), generation);
    await moveMode(control, plan, { mode: 'load', readPercent: 0 });
    await begun.#load();
    begun.#background = begun.#run();
    await moveMode(control, plan, { mode: 'dual', readPercent: 0 });
    return begun;
  }

  get #ports() {
    const { sources, control, table, bodies, intents } = this.#connected;
    const sql = sources.pg;
    const { mapping } = this;
    return {
      plan: this.#plan,
      control,
      mapping,
      table,
      bodies,
      intents,
      rows: createRowSource(sql, mapping),
      changelog: createChangelog(sql),
      missed: createMissedChanges(sql),
      capture: {
        catalogue: () => readCatalogue(sql, this.#plan.source.schema),
        gaps: (_: Mapping, known?: Catalogue) => captureGaps(sql, mapping, known),
        lost: () => lostLeaves(sql, mapping),
        replaced: () => replacedColumns(sql, mapping),
        rewritten: () => readRewrites(sql, mapping),
        adopt: (_: Mapping, options: { readonly pause: () => boolean; readonly returned: boolean }) =>
          adoptLeaves(sql, mapping, { ...options, sleep: time.sleep }),
        uncaptured: (columns: readonly { readonly table: string; readonly column: string }[]) =>
          uncapturedColumns(sql, columns),
        captureColumns: (present: Mapping, table: string) => captureColumns(sql, present, table),
        carryTables: (present: Mapping, options: { readonly pause: () => boolean }) =>
          carryTables(sql, present, { ...options, sleep: time.sleep }),
      },
      time,
      rollback: {
        start: async (_: string, { reason }: { readonly reason: string }): Promise<void> => {
          this.halted ??= reason;
          await returnReads(control, this.#plan, NO_ACCESS);
          await leaveTarget(control, this.#plan);
        },
      },
    };
  }

  async #load(): Promise<void> {
    const ports = this.#ports;
    const now = new Date().toISOString();
    const segments = (await planLoad(ports))?.segments ?? [];
    await mapConcurrently(4, [...segments.keys()], (segment) =>
      loadSegment(ports, { generation: this.generation, segment, now }, { pause: () => false, sleep: time.sleep }),
    );
    await assertSchema(ports, this.mapping, this.generation);
    await tombstoneStaleItems(ports.table, { generation: this.generation, segment: 0, segments: 1, at: now });
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      await this.#attempt('relay', () => this.#carry());
      await this.#attempt('watch', () => this.look());
      await pause(ROUND_MS);
    }
  }

  async #attempt(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.errors.push(`${name}: ${String(error)}`);
    }
  }

  async #carry(): Promise<void> {
    const ports = this.#ports;
    const options = { mapping: this.mapping, generation: this.generation, at: new Date().toISOString() };
    await relayOnce(ports, { ...options, limit: 500 });
    await sweep(ports, { ...options, oldAfterMs: 60_000 });
    await repairMissed(ports, options);
  }

  /** One look of the watch at the schema. There is one watch: a look waits for the one before. */
  look(): Promise<void> {
    const look = this.#lastLook.then(() => this.#look());
    this.#lastLook = look.catch(() => undefined);
    return look;
  }

  async #look(): Promise<void> {
    const state = await this.#connected.control.mode();
    await this.#refresh(state);
    const { adopted } = await watchSchema(this.#ports, { mapping: this.mapping, state, pause: () => false });
    for (const leaf of adopted) this.adopted.add(leaf);
  }

  /** Takes in the columns that the mapping has got. */
  async #refresh({ generation, mappingRevision }: ModeState): Promise<void> {
    if (generation !== this.generation || this.mapping.revision >= mappingRevision) return;
    const facts = await this.#connected.control.facts(generation);
    if (facts !== null) this.mapping = compilePlan(this.#plan, facts.catalogue, facts.shards, facts);
  }

  async stop(): Promise<void> {
    this.#over = true;
    await this.#background;
  }

  /** Carries what is left once no session writes any more; answers what keeps the backlog from being empty. */
  async settle(): Promise<readonly string[]> {
    let until = performance.now() + SETTLE_MS;
    let smallest = Infinity;
    let last: unknown = null;
    for (;;) {
      await this.look().catch((error: unknown) => (last = error));
      await this.#carry().catch((error: unknown) => (last = error));
      const backlog = await readBacklog(this.#ports.changelog, this.#connected.intents);
      const carrying = unfinishedColumns((await this.#connected.control.facts(this.generation)) ?? {});
      const size = backlogSize(backlog) + carrying.length;
      if (size === 0) return [];
      if (size < smallest) until = performance.now() + SETTLE_MS;
      smallest = Math.min(smallest, size);
      if (this.halted !== null || performance.now() > until)
        return [
          ...backlogReasons(backlog),
          ...carrying.map(({ table, column }) => `${table}.${column} is being carried`),
          ...(last === null ? [] : [String(last)]),
        ];
      await pause(ROUND_MS);
    }
  }

  async differences(): Promise<readonly string[]> {
    return differences(this.mapping, this.#ports.rows, this.#connected.table);
  }

  /** Tables that were not there when capture was installed, and that the event trigger adopted. */
  async followed(): Promise<number> {
    const leaves = await capturedLeaves(this.#connected.sources.pg);
    const known = new Set(
      Object.values(this.mapping.catalogue.tables).flatMap((table) => table.leaves.map(quotedLeaf)),
    );
    const roots = new Set(relationsOf(this.mapping).map(({ root }) => root));
    return leaves.filter(
      ({ registered }) => !known.has(registered) && !roots.has(registered) && !this.adopted.has(registered),
    ).length;
  }

  async countRows(): Promise<number> {
    const options = { every: 50_000, maxMarks: 1, pause: () => false };
    const walks = await walkRows(this.#ports.rows, Object.keys(this.mapping.entities), {}, options);
    return Object.values(walks).reduce((sum, { rows }) => sum + rows, 0);
  }
}
