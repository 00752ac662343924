import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { StartupError } from '../../process/startup-error.ts';

// DynamoDB Local on a disk waits for SQLite's sync at every write: 490 items/s against 1,150 on /dev/shm and 1,700 in
// its -inMemory mode. Files on /dev/shm outlive every process, kill -9 included, but not the machine: so the tables live
// there while the stack runs and move to the disk at a clean stop.

const ROOM_BYTES = 2 * 2 ** 30;
const ID = 'dynamodb.id';
const OWNER = 'portage-owner.json';
const ownerSchema = z.object({ dataDir: z.string(), id: z.string() });

export interface DynamoDbStorage {
  /** Where DynamoDB Local keeps its files while it runs. */
  readonly directory: string;
  /** Moves the files into the data directory; call it after the engine has stopped. */
  settle(): void;
  /** Removes the files. */
  discard(): void;
}

/**
 * Chooses where the stack's tables in `dataDir` (absolute) are stored, and restores what an earlier
 * run left.
 */
export function placeDynamoDb(dataDir: string, shared = '/dev/shm', roomBytes = ROOM_BYTES): DynamoDbStorage {
  const home = join(dataDir, 'dynamodb');
  const place = join(shared, `portage-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
  if (existsSync(shared)) removeOrphans(shared);
  if (!existsSync(place)) {
    if (lstatSync(home, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new StartupError(
        `the DynamoDB tables of ${home} were in memory and the machine has been restarted since: start anew with --fresh`,
      );
    if (roomIn(shared) < roomBytes) return onDisk(home);
    moveIn(dataDir, home, place);
  }
  // Whenever a kill happened, the copy in shared memory is complete and the newer one.
  rmSync(home, { recursive: true, force: true });
  symlinkSync(place, home);
  return {
    directory: place,
    settle: () => {
      const coming = `${home}.coming`;
      rmSync(coming, { recursive: true, force: true });
      cpSync(place, coming, { recursive: true, filter: (source) => !source.endsWith(OWNER) });
      rmSync(home);
      renameSync(coming, home);
      rmSync(place, { recursive: true, force: true });
    },
    discard: () => {
      rmSync(home, { recursive: true, force: true });
      rmSync(place, { recursive: true, force: true });
    },
  };
}

function onDisk(home: string): DynamoDbStorage {
  mkdirSync(home, { recursive: true });
  return {
    directory: home,
    settle: () => undefined,
    discard: () => rmSync(home, { recursive: true, force: true }),
  };
}

function moveIn(dataDir: string, home: string, place: string): void {
  const coming = `${place}.coming`;
  rmSync(coming, { recursive: true, force: true });
  mkdirSync(coming, { mode: 0o700 });
  if (existsSync(home)) cpSync(home, coming, { recursive: true });
  const id = readId(dataDir) ?? randomUUID();
  writeFileSync(join(dataDir, ID), id);
  writeFileSync(join(coming, OWNER), JSON.stringify({ dataDir, id }));
  renameSync(coming, place);
}

function roomIn(shared: string): number {
  try {
    const { bavail, bsize } = statfsSync(shared);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

/** Removes the tables of data directories that have been deleted, so that a new one of the same path starts empty. */
function removeOrphans(shared: string): void {
  for (const entry of readdirSync(shared).filter((name) => name.startsWith('portage-'))) {
    const place = join(shared, entry);
    const owner = ownerOf(place);
    if (owner !== null && readId(owner.dataDir) !== owner.id) rmSync(place, { recursive: true, force: true });
  }
}

function ownerOf(place: string): z.infer<typeof ownerSchema> | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(join(place, OWNER), 'utf8')));
  } catch {
    return null;
  }
}

function readId(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, ID), 'utf8').trim();
  } catch {
    return null;
  }
}
