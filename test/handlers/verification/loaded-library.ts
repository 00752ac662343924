import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import { Client } from 'pg';
import * as z from 'zod';
import type { Revoked } from '../../../local/iam/revoke.ts';
import { type Stack, startStack } from '../../../local/stack/start.ts';
import { localConfiguration } from '../../../local/template/local-configuration.ts';
import { synthesise } from '../../../local/template/synthesise.ts';
import { runFolder } from '../../engine/run-folder.ts';
import { createControlTable } from '../../../src/adapters/control/control-table.ts';
import type { ControlTable } from '../../../src/domain/ports/control.ts';
import { findingSchema } from '../../../src/domain/verification/report/schema.ts';

export type Item = Record<string, AttributeValue>;

const library = (name: string): string => fileURLToPath(new URL(`../library/${name}`, import.meta.url));
const REAL = { region: 'us-east-1', credentials: { accessKeyId: 'portage', secretAccessKey: 'portage' } };
const TABLE = 'library';

const counts = z.object({ source: z.number(), items: z.number(), matched: z.number(), verdict: z.string() }).loose();
export const summarySchema = z.object({
  run: z.string(),
  clean: z.boolean(),
  rowsCompared: z.number(),
  mismatches: z.number(),
  unverified: z.number(),
  entities: z.record(z.string(), counts),
  digests: z.record(z.string(), z.string()),
  damages: z.record(z.string(), z.number()),
  scope: z.object({ entity: z.string().nullable(), sample: z.number().nullable() }),
  details: z.string(),
  repaired: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
});
const detailsSchema = z.object({ mismatches: z.array(findingSchema), unverified: z.array(findingSchema) });

/** The library of test/handlers/library on the embedded stack: loaded, with capture installed, in mode `load`. */
export class LoadedLibrary {
  readonly stack: Stack;
  readonly source: Client;
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly states: SFNClient;
  readonly control: ControlTable;
  readonly bucket: string;

  private constructor(stack: Stack, source: Client) {
    this.stack = stack;
    this.source = source;
    this.dynamo = new DynamoDBClient({ ...REAL, endpoint: stack.endpoints.DYNAMODB });
    this.s3 = new S3Client({
      ...REAL,
      endpoint: stack.endpoints.S3,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
    this.states = new SFNClient({ ...REAL, endpoint: stack.endpoints.SFN });
    this.control = createControlTable({
      client: DynamoDBDocumentClient.from(this.dynamo),
      tableName: stack.env['PORTAGE_CONTROL_TABLE'] ?? '',
    });
    this.bucket = stack.env['PORTAGE_BUCKET'] ?? '';
  }

  /** `encryptionKeyArn` is the customer's key that encrypts tables and bucket. */
  static async start(
    options: { readonly encryptionKeyArn?: string; readonly revoked?: readonly Revoked[] } = {},
  ): Promise<LoadedLibrary> {
    const { encryptionKeyArn, revoked = [] } = options;
    const planFile = library('plan.json');
    const stack = await startStack({
      dataDir: mkdtempSync(join(runFolder(), 'verification-')),
      planFile,
      ...(encryptionKeyArn === undefined
        ? {}
        : { assembly: await synthesise({ ...localConfiguration(planFile), encryptionKeyArn }) }),
      revoked,
      schedules: 'off',
    });
    const source = new Client({ connectionString: stack.connectionString ?? '' });
    await source.connect();
    await source.query(readFileSync(library('schema.sql'), 'utf8'));
    await stack.invoke('install-capture', { run: 'first' });
    const started = new LoadedLibrary(stack, source);
    expect(await started.execute('load', { run: 'first' })).toMatchObject({ rows: 262, tombstones: 0 });
    return started;
  }

  async stop(): Promise<void> {
    await this.source.end();
    await this.stack.stop({ discard: true });
  }

  async ended(executionArn: string | undefined): Promise<DescribeExecutionCommandOutput> {
    for (;;) {
      const found = await this.states.send(new DescribeExecutionCommand({ executionArn }));
      if (found.status !== 'RUNNING') return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async start(machine: string, input: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const stateMachineArn = this.stack.machines[machine];
    const started = await this.states.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
    );
    return started.executionArn;
  }

  async execute(machine: string, input: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { status, error, cause, output } = await this.ended(await this.start(machine, input));
    expect({ status, error, cause }).toEqual({ status: 'SUCCEEDED', error: undefined, cause: undefined });
    return JSON.parse(output ?? 'null');
  }

  async verify(run: string, options: Readonly<Record<string, unknown>> = {}): Promise<z.infer<typeof summarySchema>> {
    return summarySchema.parse(await this.execute('verify', { run, kind: 'on-demand', ...options }));
  }

  async details(summary: z.infer<typeof summarySchema>): Promise<z.infer<typeof detailsSchema>> {
    const document = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: summary.details }));
    return detailsSchema.parse(JSON.parse((await document.Body?.transformToString()) ?? ''));
  }

  async stored({ PK = { S: '' }, SK = { S: '' } }: Item): Promise<Item> {
    const { Item } = await this.dynamo.send(new GetItemCommand({ TableName: TABLE, Key: { PK, SK } }));
    return Item ?? {};
  }

  async recordOf(run: string): Promise<unknown> {
    return (await this.control.read('VERIFICATION', run))?.value;
  }

  async findings(summary: z.infer<typeof summarySchema>): Promise<readonly (readonly [string, string])[]> {
    return (await this.details(summary)).mismatches
      .map(({ entity, identity, damage }): readonly [string, string] => [`${entity} ${shortened(identity)}`, damage])
      .toSorted();
  }

  async items(): Promise<ReadonlyMap<string, Item>> {
    const { Items = [] } = await this.dynamo.send(new ScanCommand({ TableName: TABLE }));
    return new Map(
      Items.map((item) => {
        const id = item['id']?.S ?? item['id']?.N ?? item['PK']?.S ?? '';
        return [`${item['_e']?.S} ${shortened([id])}`, item];
      }),
    );
  }

  async put(item: Item): Promise<void> {
    await this.dynamo.send(new PutItemCommand({ TableName: TABLE, Item: item }));
  }

  async remove({ PK = { S: '' }, SK = { S: '' } }: Item): Promise<void> {
    await this.dynamo.send(new DeleteItemCommand({ TableName: TABLE, Key: { PK, SK } }));
  }
}

/** `00000000-0000-4000-8000-000000000005` is `5`. */
export function shortened(identity: readonly string[] | null): string {
  return (identity ?? []).map((part) => part.replace('00000000-0000-4000-8000-', '').replace(/^0+/, '')).join(',');
}
