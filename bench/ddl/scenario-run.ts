import { setTimeout as pause } from 'node:timers/promises';
import { Client as Psql } from 'pg';
import type { Connected } from '../../local/engines/connect.ts';
import type { Engines } from '../../local/engines/engines.ts';
import { readCatalogue } from '../../src/adapters/postgres/catalogue/read-catalogue.ts';
import { silentLogger } from '../../src/client/logger.ts';
import { type Client, openClient } from '../../src/client/open-client.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import { moveMode } from '../../src/domain/progress/move-mode.ts';
import { callClient, playClient, playSql } from './application.ts';
import { describe, isOfCapture, Ledger, stateOf } from './ledger.ts';
import { Generation } from './migration.ts';
import { SchemaModel } from './model.ts';
import { MARK_COLUMN } from './operation.ts';
import { ddlPlan, FIRST_MONTHS, MAPPED, type MappedTable } from './schema.ts';
import { isRemoving, spell, type StepKind } from './statements/kinds.ts';
import type { Statement } from './statements/spell.ts';
import type { Scenario, Step } from './steps.ts';

export interface DdlReport {
  /** Statements that ran, as text. */
  readonly statements: readonly { readonly kind: StepKind; readonly text: string; readonly outcome: string }[];
  readonly halted: string | null;
  readonly adopted: number;
  /** Partitions and children that the event trigger adopted. */
  readonly followed: number;
  readonly acknowledged: number;
  /** Statements of the application that PostgreSQL refused because of the DDL itself. */
  readonly explained: number;
  readonly rows: number;
  /** What must not be: a failed statement, a lost write, a mismatch, a rollback without a reason, none where there is one. */
  readonly faults: readonly string[];
}

export interface Environment {
  readonly engines: Engines;
  readonly connected: Connected;
}

const METRICS = { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() };
const HALT_MS = 10_000;
const SESSIONS = 2;

/** One run: a migration under traffic, the DDL, and what it must lead to. */
export class ScenarioRun {
  readonly #environment: Environment;
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #schema: string;
  readonly #psql: Psql;
  readonly #model = new SchemaModel();
  readonly #ledger = new Ledger(this.#model);
  #followed = 0;
  readonly #statements: { kind: StepKind; text: string; outcome: string }[] = [];

  constructor(environment: Environment, scenario: Scenario, seed: number, schema: string, psql: Psql) {
    this.#environment = environment;
    this.#scenario = scenario;
    this.#seed = seed;
    this.#schema = schema;
    this.#psql = psql;
  }

  async play(): Promise<DdlReport> {
    const { connected, engines } = this.#environment;
    const { partitionRemoved, columnAdded, follow } = this.#scenario;
    const plan = ddlPlan(this.#schema, MAPPED, ['audit'], { partitionRemoved, columnAdded });
    let over = false;
    const isOver = (): boolean => over;
    const { connectionString } = engines.connectionInfo;
    const raw = Array.from({ length: SESSIONS }, (_, index) =>
      playSql(
        { number: 1 + index, seed: this.#seed, ledger: this.#ledger, isOver },
        { connectionString, schema: this.#schema },
      ),
    );
    try {
      const first = await Generation.begin(connected, plan, { run: `${this.#schema} first`, follow });
      try {
        const rows = await this.#live(first, plan, async () => {
          over = true;
          await Promise.all(raw);
        }).catch((error: unknown) => {
          this.#ledger.faults.push(`the run came to no end: ${String(error)}`);
          return 0;
        });
        return {
          statements: this.#statements,
          halted: first.halted,
          adopted: first.adopted.size,
          followed: this.#followed,
          acknowledged: this.#ledger.acknowledged,
          explained: this.#ledger.explained,
          rows,
          faults: this.#ledger.faults,
        };
      } finally {
        await first.stop();
      }
    } finally {
      over = true;
      await Promise.all(raw);
    }
  }

  /** The DDL under traffic, and what it must lead to; returns the number of rows that were compared. */
  async #live(first: Generation, plan: Plan, endSql: () => Promise<void>): Promise<number> {
    const { connected } = this.#environment;
    await this.#enterMode(plan);
    await this.#withClients(plan, MAPPED, async (clients) => {
      for (const step of this.#scenario.steps) await this.#execute(first, step);
      if (this.#mustHalt()) {
        await until(() => first.halted !== null);
        // Clients act on the mode that they read last until their lease ends.
        if (first.halted !== null) await pause(plan.writes.leaseSeconds * 1_000);
        await this.#probe(clients);
      }
    });
    const { faults } = this.#ledger;
    if (this.#mustHalt() && first.halted === null)
      faults.push(`nothing halted after ${this.#model.halting.join('; ')}`);
    if (!this.#mustHalt() && first.halted !== null) faults.push(`halted without a reason: ${first.halted}`);
    if (first.halted === null) {
      await endSql();
      this.#followed = await first.followed();
      return this.#compare(first, (difference) => this.#isLeftover(difference));
    }
    await first.stop();
    const { tables } = await readCatalogue(connected.sources.pg, this.#schema);
    const kept = MAPPED.filter((table) => tables[table]?.primaryKey.join() === (table === 'events' ? 'id,at' : 'id'));
    const others = Object.keys(tables).filter((name) => !kept.some((table) => table === name));
    const changed = ddlPlan(this.#schema, kept, others, {
      partitionRemoved: this.#scenario.partitionRemoved,
      columnAdded: this.#scenario.columnAdded,
      // Columns that only a child has left.
      omit: Object.fromEntries(kept.map((table) => [table, tables[table]?.childColumns ?? []])),
      visitsUnique: (tables['visits']?.uniqueKeys.length ?? 0) > 0,
    });
    const second = await Generation.begin(connected, changed, {
      run: `${this.#schema} second`,
      follow: this.#scenario.follow,
    });
    try {
      await this.#withClients(changed, kept, () => pause(150));
      if (second.halted !== null) faults.push(`the new generation halted: ${second.halted}`);
      await endSql();
      return await this.#compare(second, () => false);
    } finally {
      await second.stop();
    }
  }

  #mustHalt(): boolean {
    return this.#model.halting.length > 0;
  }

  async #enterMode(plan: Plan): Promise<void> {
    const { control } = this.#environment.connected;
    if (this.#scenario.mode === 'dual') return;
    await moveMode(control, plan, { mode: 'shadow', readPercent: 0 });
    if (this.#scenario.mode === 'shadow') return;
    for (const readPercent of plan.cutover.stages) await moveMode(control, plan, { mode: 'reads', readPercent });
  }

  async #withClients(
    plan: Plan,
    tables: readonly MappedTable[],
    work: (clients: readonly Client[]) => Promise<void>,
  ): Promise<void> {
    const { connected } = this.#environment;
    const clients = await Promise.all(
      Object.values(connected.sources).map((source) =>
        openClient({ ...connected, plan, source, metrics: METRICS, logger: silentLogger }),
      ),
    );
    let over = false;
    const playing = clients.map((client, index) =>
      playClient({ number: 11 + index, seed: this.#seed, ledger: this.#ledger, isOver: () => over }, client, tables),
    );
    try {
      await work(clients);
    } finally {
      over = true;
      await Promise.all(playing);
      await Promise.all(clients.map((client) => client.close()));
    }
  }

  /** After a halt the application goes on in PostgreSQL with every table, as far as the DDL has left its columns. */
  async #probe(clients: readonly Client[]): Promise<void> {
    for (const [index, client] of clients.entries())
      for (const table of MAPPED)
        for (const action of ['put', 'get', 'update', 'delete'] as const)
          await callClient(this.#ledger, client, {
            table,
            action,
            columns:
              action === 'put' && table === 'visits'
                ? ['place_id', MARK_COLUMN[table]]
                : action === 'put' || action === 'update'
                  ? [MARK_COLUMN[table]]
                  : [],
            id: 90_000 + index,
            month: FIRST_MONTHS[0],
            mark: `probe ${action}`,
          });
  }

  async #execute(generation: Generation, { kind, pick, pauseMs }: Step): Promise<void> {
    const statement = spell(kind, this.#model, pick);
    if (statement === null) return;
    const dropsCarried = kind === 'drop added column' && this.#scenario.columnAdded === 'carry';
    // A column is of the mapping once the watch has seen it.
    if (dropsCarried && generation.halted === null) await generation.look();
    // Without the event trigger, TRUNCATE of a new partition is refused, and its end seen, once the watch has seen it.
    const concernsNew = statement.refusedWith !== undefined || isRemoving(kind);
    if (!this.#scenario.follow && concernsNew && generation.halted === null) await generation.look();
    statement.foresee?.();
    const outcome = await this.#send(statement);
    if (this.#model.cascadeEnded === Infinity) this.#model.cascadeEnded = performance.now();
    this.#statements.push({ kind, text: statement.text, outcome });
    if (outcome === 'ok') {
      statement.apply?.();
      if (isRemoving(kind) && this.#scenario.partitionRemoved === 'halt') this.#model.halting.push(statement.text);
      if (dropsCarried) this.#model.halting.push(statement.text);
    }
    await pause(pauseMs);
  }

  /** `ok`, or the SQLSTATE with which PostgreSQL refused the statement. */
  async #send({ text, refusedWith }: Statement): Promise<string> {
    try {
      await this.#psql.query(text);
    } catch (error) {
      const state = stateOf(error) ?? String(error);
      if (isOfCapture(error) && state !== refusedWith)
        this.#ledger.faults.push(`DDL failed in capture: ${text}: ${describe(error)}`);
      return state;
    }
    if (refusedWith !== undefined && this.#model.broken.size === 0) this.#ledger.faults.push(`not refused: ${text}`);
    return 'ok';
  }

  async #compare(generation: Generation, isExplained: (difference: string) => boolean): Promise<number> {
    const { faults } = this.#ledger;
    const backlog = await generation.settle();
    await generation.stop();
    if (backlog.length > 0)
      faults.push(`the backlog does not empty: ${backlog.join('; ')}`, ...generation.errors.slice(-3));
    for (const difference of await generation.differences())
      if (!isExplained(difference)) faults.push(`mismatch: ${difference.slice(0, 300)}`);
    for (const { table, where, mark } of this.#ledger.expected()) {
      const { rows } = await this.#psql.query<{ mark: string }>(
        `SELECT ${MARK_COLUMN[table]} AS mark FROM ${table} WHERE ${where}`,
      );
      if ((rows[0]?.mark ?? null) !== mark)
        faults.push(`lost: ${table} where ${where} has ${rows[0]?.mark ?? 'no row'} instead of ${mark ?? 'no row'}`);
    }
    return generation.countRows();
  }

  /** An item whose row left with a partition or child, which the plan only notes: the nightly verification removes it. */
  #isLeftover(difference: string): boolean {
    if (!difference.includes(': row absent, item ')) return false;
    const month = /^EVENT#\d+ EVENT#2026-(\d\d)/.exec(difference)?.[1];
    if (month !== undefined) return this.#model.removedMonths.has(Number(month));
    return this.#model.removedChildren > 0 && /^STATION#(?:[56]\d|70|1\d{5}) /.test(difference);
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + HALT_MS;
  while (!isSo() && performance.now() < end) await pause(20);
}
