import { scriptOf } from './generator/script.ts';

const [scale = '1', seed = '1'] = process.argv.slice(2);
if (!(Number(scale) > 0) || !Number.isInteger(Number(seed))) {
  process.stderr.write('usage: npx tsx examples/lending/rows.ts [scale] [seed] > rows.sql\n');
  process.exit(1);
}
for (const text of scriptOf(Number(seed), Number(scale))) process.stdout.write(text);
