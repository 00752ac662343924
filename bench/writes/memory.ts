import { loadRange } from '../../src/domain/protocol/load-range.ts';
import { relayOnce } from '../../src/domain/protocol/relay.ts';
import { GENERATION, liveBytes, openStage } from './stage.ts';

export interface MemoryFigures {
  readonly work: 'load' | 'relay';
  readonly rows: number;
  /** Live bytes after the first ten thousand rows, and the most at any later look. */
  readonly early: number;
  readonly most: number;
}

const EARLY = 10_000;

/** Live memory of load and relay as they go on: looked at every ten thousand rows. */
export async function measureMemory(rows: number): Promise<readonly MemoryFigures[]> {
  const stage = await openStage();
  try {
    for (let from = 1; from <= rows; from += EARLY) await stage.insert(from, Math.min(rows, from + EARLY - 1));
    await stage.capture();
    const ports = { ...stage, ...stage.connected };
    const loading = new Looks();
    await loadRange(ports, {
      entity: stage.entity,
      generation: GENERATION,
      range: { after: null, upTo: null },
      from: null,
      reload: false,
      at: '',
      save: (checkpoint) => Promise.resolve(loading.at(checkpoint.rows)),
    });
    await stage.psql.query('UPDATE events SET owner = owner + 1');
    const relaying = new Looks();
    for (let done = 0, more = true; more;) {
      const round = await relayOnce(ports, { mapping: stage.mapping, generation: GENERATION, limit: 500, at: '' });
      done += round.done;
      more = round.more;
      relaying.at(done);
    }
    return [
      { work: 'load', rows, ...loading.figures },
      { work: 'relay', rows, ...relaying.figures },
    ];
  } finally {
    await stage.stop();
  }
}

class Looks {
  #next = EARLY;
  readonly #seen: number[] = [];

  at(rows: number): void {
    if (rows < this.#next) return;
    this.#next += EARLY;
    this.#seen.push(liveBytes());
  }

  get figures(): { readonly early: number; readonly most: number } {
    const [early = Number.NaN, ...later] = this.#seen;
    return { early, most: Math.max(early, ...later) };
  }
}
