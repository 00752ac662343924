import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { placeDynamoDb } from '../../../../local/aws/dynamodb/storage.ts';

let root: string;
let dataDir: string;
let shared: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portage-storage-'));
  dataDir = join(root, 'data');
  shared = join(root, 'shm');
  mkdirSync(dataDir);
  mkdirSync(shared);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('the tables live in shared memory, linked from the data directory, and survive a killed orchestrator', () => {
  const storage = placeDynamoDb(dataDir, shared, 0);
  writeFileSync(join(storage.directory, 'shared-local-instance.db'), 'rows');
  expect(lstatSync(join(dataDir, 'dynamodb')).isSymbolicLink()).toBe(true);
  const again = placeDynamoDb(dataDir, shared, 0);
  expect(readFileSync(join(again.directory, 'shared-local-instance.db'), 'utf8')).toBe('rows');
});

test('a clean stop moves the tables to the disk, and the next start brings them back', () => {
  const storage = placeDynamoDb(dataDir, shared, 0);
  writeFileSync(join(storage.directory, 'shared-local-instance.db'), 'rows');
  storage.settle();
  expect(existsSync(storage.directory)).toBe(false);
  expect(lstatSync(join(dataDir, 'dynamodb')).isDirectory()).toBe(true);
  const again = placeDynamoDb(dataDir, shared, 0);
  expect(readFileSync(join(again.directory, 'shared-local-instance.db'), 'utf8')).toBe('rows');
});

test('tables that were in memory when the machine restarted are missed, not replaced by empty ones', () => {
  const storage = placeDynamoDb(dataDir, shared, 0);
  rmSync(storage.directory, { recursive: true });
  expect(() => placeDynamoDb(dataDir, shared, 0)).toThrow(/restarted since: start anew with --fresh/);
});

test('a data directory that was deleted does not get its old tables back', () => {
  const storage = placeDynamoDb(dataDir, shared, 0);
  writeFileSync(join(storage.directory, 'shared-local-instance.db'), 'rows');
  rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir);
  const again = placeDynamoDb(dataDir, shared, 0);
  expect(existsSync(join(again.directory, 'shared-local-instance.db'))).toBe(false);
});

test('without room in shared memory the tables are on the disk', () => {
  const storage = placeDynamoDb(dataDir, shared, Number.MAX_SAFE_INTEGER);
  expect(storage.directory).toBe(join(dataDir, 'dynamodb'));
  storage.settle();
  expect(existsSync(storage.directory)).toBe(true);
});
