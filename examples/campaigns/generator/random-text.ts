import type { Random } from './random.ts';
import { TEXT_SAMPLES } from './text-samples.ts';
import type { TextSamples } from './text-samples.ts';

/** Half of the people write English; the rest is spread over all the scripts. */
export function textSamplesOf(random: Random): TextSamples {
  return random.chance(0.5) ? TEXT_SAMPLES[0] : random.pick(TEXT_SAMPLES);
}

/** One to four sentences. */
export function paragraph(random: Random, samples: TextSamples): string {
  return Array.from({ length: random.between(1, 4) }, () => random.pick(samples.sentences)).join(' ');
}

/** A title of two or three words. */
export function title(random: Random, samples: TextSamples): string {
  return Array.from({ length: random.between(2, 3) }, () => random.pick(samples.words)).join(' ');
}

/** NULL, the empty string or a text: three different things that a migration must keep apart. */
export function optionalText(random: Random, text: () => string): string | null {
  const roll = random.next();
  return roll < 0.15 ? null : roll < 0.2 ? '' : text();
}

const TRANSCRIPT_CHUNK = 2_000;

/** A recorded conversation of at least this many UTF-8 bytes, different for each session from its first line on. */
export function transcript(random: Random, samples: TextSamples, heading: string, bytes: number): string {
  const lines = [`# ${heading}`];
  let written = 0;
  while (written < bytes) {
    const chunk = chunkOf(random, samples);
    lines.push(`[${random.bits().toString(16)}] ${random.pick(samples.names)}: ${chunk.text}`);
    written += chunk.bytes;
  }
  return lines.join('\n');
}

interface Chunk {
  readonly text: string;
  readonly bytes: number;
}

const chunks = new Map<string, readonly [Chunk, ...Chunk[]]>();

/** Chunks are made once per script: seeding has seconds, and transcripts are most of its bytes. */
function chunkOf(random: Random, samples: TextSamples): Chunk {
  const known = chunks.get(samples.script);
  if (known !== undefined) return random.pick(known);
  const made = (salt: number): Chunk => {
    let text = '';
    for (let i = salt; text.length < TRANSCRIPT_CHUNK / 2; i += 1) {
      text += `${samples.sentences[(i * (salt + 1)) % samples.sentences.length] ?? samples.sentences[0]} `;
    }
    return { text, bytes: Buffer.byteLength(text) };
  };
  const pool: [Chunk, ...Chunk[]] = [made(0), made(1), made(2), made(3), made(4), made(5)];
  chunks.set(samples.script, pool);
  return random.pick(pool);
}
