import { createHash } from 'node:crypto';
import type { Mapping } from '../../src/domain/mapping/mapping.ts';
import { compilePlan } from '../../src/domain/plan-check/compile-plan.ts';
import { encodeItem } from '../../src/domain/mapping/items/encode.ts';
import type { Catalogue, CatalogueColumn } from '../../src/domain/catalogue/catalogue.ts';
import { type Plan, planSchema } from '../../src/domain/plan/plan.ts';
import type { Bodies, BodyMd5, StoredBody } from '../../src/domain/ports/bodies.ts';
import type { RowDigests } from '../../src/domain/ports/row-digests.ts';
import type { RowSource, SourceRow } from '../../src/domain/ports/source.ts';
import type { Table } from '../../src/domain/ports/table.ts';
import { identityText, type Identity, type RowImage } from '../../src/domain/row.ts';
import { rowDigest } from '../../src/domain/verification/compare/row-digest.ts';
import { base } from '../../src/domain/versions.ts';

const PAGE = 1000;
const BODY_BYTES = 5000;

/** Three stores of any size that agree with each other and take no memory: every row, item and body is computed when it is asked for. */
export interface Generated {
  readonly plan: Plan;
  readonly mapping: Mapping;
  readonly catalogue: Catalogue;
  readonly rows: RowSource;
  readonly table: Table;
  readonly bodies: Bodies;
  readonly bodyMd5: BodyMd5;
  readonly rowDigests: RowDigests;
}

export function generate(size: number): Generated {
  const plan = planSchema.parse(PLAN);
  const catalogue = catalogueOf();
  const mapping = compilePlan(plan, catalogue, {});
  const entity = mapping.entities['READING'];
  if (entity === undefined) throw new TypeError('the plan has READING');
  const idsIn = (after: Identity | null, upTo: Identity | null, limit: number): readonly number[] => {
    const first = numberOf(after, -1) + 1;
    const last = Math.min(numberOf(upTo, size - 1), size - 1, first + limit - 1);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  };
  return {
    plan,
    mapping,
    catalogue,
    rows: {
      page: async (_, { after, upTo }, limit) => idsIn(after, upTo, limit).map(rowOf),
      keys: async (_, { after, upTo }, limit) =>
        idsIn(after, upTo, limit).map((id) => ({ identity: [String(id)], image: {} })),
      rows: async (_, identities) => identities.map(([id]) => rowOf(Number(id))),
      stride: async (_, { after, limit, every }) => {
        const first = numberOf(after, -1) + 1;
        const end = Math.min(first + limit, size);
        const marked = Array.from({ length: Math.floor(end / every) - Math.floor(first / every) }, (__, at) => [
          String((Math.floor(first / every) + at + 1) * every - 1),
        ]);
        return { last: end - first < limit ? null : [String(end - 1)], rows: end - first, marks: marked };
      },
      catalogue: async () => catalogue,
      current: notAsked,
      body: notAsked,
      bodies: notAsked,
    },
    table: {
      scan: async (segment, segments, after) => {
        const [first, end] = [segment, segment + 1].map((at) => Math.floor((at * size) / segments));
        const start = after === null ? (first ?? 0) : Number(after);
        const stop = Math.min(start + PAGE, end ?? 0);
        const items = Array.from({ length: Math.max(0, stop - start) }, (_, at) =>
          encodeItem(entity, imageOf(start + at), { version: base(1), txn: null, at: '2026-01-01T00:00:00.000Z' }),
        );
        return {
          items: items.flat(),
          next: stop < (end ?? 0) ? String(stop) : null,
          scanned: items.length,
          rcu: items.length / 16,
        };
      },
      get: async () => [],
      insertAbsent: notAsked,
      putNewer: notAsked,
      putIfSeen: notAsked,
      transact: notAsked,
      query: notAsked,
    },
    bodies: {
      list: async (digit, after) => {
        const start = Number(after ?? 0);
        const ids = Array.from({ length: PAGE }, (_, at) => idWith(digit, start + at)).filter((id) => id < size);
        const next = start + PAGE;
        return { bodies: ids.map(storedBody), next: idWith(digit, next) < size ? String(next) : null };
      },
      put: notAsked,
      get: notAsked,
      size: notAsked,
      head: notAsked,
      digest: notAsked,
    },
    rowDigests: async (_, identities) =>
      identities.map(([id]) => ({ digest: rowDigest(entity, imageOf(Number(id))), followed: {} })),
    bodyMd5: async (_, __, identities) =>
      new Map(identities.map((identity) => [identityText(identity), md5(hashOf(Number(identity[0])))])),
  };
}

function notAsked(): never {
  throw new Error('a verification does not ask for this');
}

function rowOf(id: number): SourceRow {
  return { identity: [String(id)], image: imageOf(id), seq: 0 };
}

function numberOf(identity: Identity | null, otherwise: number): number {
  return identity === null ? otherwise : Number(identity[0]);
}

const PLAN = {
  name: 'generated',
  table: { name: 'generated', indexes: ['GSI1'] },
  entities: {
    READING: {
      from: 'readings',
      key: { PK: 'READING#{id}', SK: 'READING#{id}' },
      indexes: { GSI1: { PK: 'STATION#{station}', SK: 'READING#{taken_at}#{id}' } },
      large: { report: { pointer: 'reportS3Key', over: 0 } },
    },
  },
};

function column(name: string, type: string, notNull = true): CatalogueColumn {
  const rest = { hasDefault: false, defaultExpression: null, generated: false };
  const sizes = { precision: null, scale: null, length: null };
  return { name, type, typeSchema: 'pg_catalog', kind: 'b', array: false, ...sizes, notNull, ...rest };
}

function catalogueOf(): Catalogue {
  const table = {
    schema: 'public',
    name: 'readings',
    leaves: ['public.readings'],
    columns: [
      column('id', 'int8'),
      column('station', 'text'),
      column('taken_at', 'timestamptz'),
      column('note', 'text', false),
      column('report', 'text', false),
    ],
    primaryKey: ['id'],
    uniqueKeys: [],
    foreignKeys: [],
  };
  return { tables: { readings: table }, fingerprint: 'generated' };
}

function imageOf(id: number): RowImage {
  return {
    id: String(id),
    station: `station ${id % 1000}`,
    taken_at: `2024-01-02 03:04:${String(id % 60).padStart(2, '0')}+00`,
    note: id % 3 === 0 ? null : `a note of some length about reading ${id}, as people write them`,
    report: { sha256: hashOf(id), bytes: BODY_BYTES },
  };
}

/** Spread over the first digits. */
function hashOf(id: number): string {
  return (id % 256).toString(16).padStart(2, '0') + id.toString(16).padStart(62, '0');
}

/** The `at`th of the ids whose hash begins with this digit. */
function idWith(digit: string, at: number): number {
  return Math.floor(at / 16) * 256 + Number.parseInt(digit, 16) * 16 + (at % 16);
}

function storedBody(id: number): StoredBody {
  const sha256 = hashOf(id);
  return { sha256, bytes: BODY_BYTES, etag: md5(sha256), isMd5: true };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
