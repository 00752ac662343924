import { BatchWriteItemCommand } from '@aws-sdk/client-dynamodb';
import { Client as Psql } from 'pg';
import { connect } from '../../local/engines/connect.ts';
import { allItems } from '../../local/engines/differences.ts';
import { startEngines } from '../../local/engines/engines.ts';
import { removeCapture } from '../../src/adapters/postgres/removal/remove-capture.ts';
import { keyOfItem } from '../../src/domain/mapping/items/read-system-attributes.ts';
import { createSchema, ddlPlan, MAPPED } from './schema.ts';
import { type DdlReport, type Environment, ScenarioRun } from './scenario-run.ts';
import type { Scenario } from './steps.ts';

export interface DdlRuns {
  run(scenario: Scenario, seed: number): Promise<DdlReport>;
  stop(): Promise<void>;
}

const METRICS = { count: () => {}, milliseconds: () => {}, flush: () => Promise.resolve() };

/** Engines that all runs share; each run has a schema and a migration of its own. */
export async function openDdlRuns(): Promise<DdlRuns> {
  const plan = ddlPlan('public', MAPPED, [], { partitionRemoved: 'halt', columnAdded: 'note' });
  const engines = await startEngines({ plan, schema: 'SELECT 1' });
  const connected = connect(engines.connectionInfo, plan, METRICS);
  const environment: Environment = { engines, connected };
  let runs = 0;
  return {
    run: (scenario, seed) => run(environment, scenario, seed, `ddl_${(runs += 1)}`),
    stop: async () => {
      await connected.close();
      await engines.stop();
    },
  };
}

async function run(environment: Environment, scenario: Scenario, seed: number, schema: string): Promise<DdlReport> {
  const psql = new Psql({ connectionString: environment.engines.connectionInfo.connectionString });
  await psql.connect();
  try {
    await psql.query(createSchema(schema));
    await psql.query(`SET search_path = ${schema}; SET lock_timeout = '2s'`);
    return await new ScenarioRun(environment, scenario, seed, schema, psql).play();
  } finally {
    await clear(environment, psql, schema);
    await psql.end();
  }
}

async function clear({ connected }: Environment, psql: Psql, schema: string): Promise<void> {
  const { control, dynamo, intents, sources, table } = connected;
  const state = await control.mode();
  await control.move(state, {
    mode: 'off',
    readPercent: 0,
    generation: state.generation,
    stoppedFrom: null,
    mappingRevision: 0,
  });
  await removeCapture(sources.pg);
  await psql.query(`DROP SCHEMA ${schema} CASCADE`);
  const keys = (await allItems(table)).map(keyOfItem);
  for (let at = 0; at < keys.length; at += 25) {
    const requests = keys
      .slice(at, at + 25)
      .map(({ PK, SK }) => ({ DeleteRequest: { Key: { PK: { S: PK }, SK: { S: SK } } } }));
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { ddl: requests } }));
  }
  for (const { txn } of await intents.list()) await intents.delete(txn);
}
