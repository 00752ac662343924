import { openSync } from 'node:fs';
import { oneLine } from '../../../local/process/startup-error.ts';
import { appendWhole } from '../../../local/process/write-atomic.ts';

/** Body of a process that may write 1 KiB to a file: the second line does not fit. */
const file = process.argv[2] ?? '';
const descriptor = openSync(file, 'a');
appendWhole(descriptor, '{"line":1}\n', file);
try {
  appendWhole(descriptor, `{"line":"${'x'.repeat(4_096)}"}\n`, file);
} catch (error) {
  process.stdout.write(oneLine(error));
}
