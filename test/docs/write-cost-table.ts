import { readFileSync, writeFileSync } from 'node:fs';
import { fillCostTable } from './cost-table.ts';

const path = new URL('../../docs/aws.md', import.meta.url);
writeFileSync(path, fillCostTable(readFileSync(path, 'utf8')));
