import { readFileSync, writeFileSync } from 'node:fs';
import { fillRaceTable } from './race-table.ts';

const path = new URL('../../docs/protocol.md', import.meta.url);
writeFileSync(path, fillRaceTable(readFileSync(path, 'utf8')));
