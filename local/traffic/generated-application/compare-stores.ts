import { setTimeout as sleep } from 'node:timers/promises';

import type { Ports } from '../../../handlers/wiring/ports.ts';
import type { Random } from '../../../examples/campaigns/generator/random.ts';
import { comparableText, type EntityRow } from '../../../src/client/read/row-page.ts';
import { patternFromSource } from '../../../src/client/read/source-read.ts';
import { patternFromTarget } from '../../../src/client/read/target-read.ts';
import type { Mapping } from '../../../src/domain/mapping/mapping.ts';
import { patternQuery } from '../../../src/domain/mapping/patterns/pattern-query.ts';
import type { TrafficMetrics } from '../traffic-metrics.ts';
import { argumentsOf } from './reads.ts';
import type { DatabaseProfile, ProfiledPattern } from './database-profile.ts';

/** By the last attempt even changes that the relay carries have arrived. */
const PAUSES_MS = [150, 400, 1_000, 2_000, 4_000, 8_000];
const RECENT_MS = 10 * 60_000;

/**
 * Queries both stores by the same pattern and compares rows and order. The data change meanwhile,
 * so only a difference counts that persists over several attempts with PostgreSQL unchanged around
 * each.
 */
export async function compareStores(
  {
    ports,
    mapping,
    profile,
    random,
    trafficMetrics,
  }: {
    readonly ports: Pick<Ports, 'sql' | 'table' | 'intents'>;
    readonly mapping: Mapping;
    readonly profile: DatabaseProfile;
    readonly random: Random;
    readonly trafficMetrics: TrafficMetrics;
  },
  pattern: ProfiledPattern,
): Promise<void> {
  const args = argumentsOf({ random }, profile, pattern);
  if (args === null) return;
  const query = patternQuery(mapping, pattern.name, args);
  const text = (rows: readonly EntityRow[]): string =>
    rows.map((row) => `${row.entity} ${comparableText(mapping.entities[row.entity], row)}`).join('\n');
  const source = async (): Promise<string> => text((await patternFromSource(ports.sql, mapping, query, null)).rows);
  const target = async (): Promise<string | null> => {
    const reader = {
      table: ports.table,
      intents: ports.intents,
      mapping,
      confirming: { now: new Date(), recentMs: RECENT_MS, settled: new Set<string>() },
      recent: () => false,
      // Only results are compared; whether an application may search like this is the client's
      // decision.
      maxFilteredItems: Number.MAX_SAFE_INTEGER,
      recordSearch: () => undefined,
    };
    const answer = await patternFromTarget(reader, pattern.name, query, null, false);
    return answer.kind === 'rows' ? text(answer.rows) : null;
  };
  for (const pause of [0, ...PAUSES_MS]) {
    await sleep(pause);
    const before = await source();
    const theirs = await target();
    if (theirs === before) return trafficMetrics.compared(pattern.name, null);
    if (pause === PAUSES_MS.at(-1) && theirs !== null && before === (await source())) {
      trafficMetrics.compared(
        pattern.name,
        `${pattern.name}(${JSON.stringify(args)}): ${firstDifference(before, theirs)}`,
      );
    }
  }
}

function firstDifference(source: string, target: string): string {
  const [left, right] = [source.split('\n'), target.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  const row = at === -1 ? left.length : at;
  return `${left.length} and ${right.length} rows, row ${row + 1} is ${left[row] ?? 'absent'} in PostgreSQL and ${right[row] ?? 'absent'} in DynamoDB`;
}
