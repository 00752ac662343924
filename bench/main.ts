import { Command } from 'commander';
import { registerVerify } from './verify.ts';

/** `npm run bench -- <what>`: measurements on the embedded stack, beside what they are to be compared with. */
const program = new Command('bench').description('measurements on the embedded stack');
for (const register of [registerVerify]) register(program);
await program.parseAsync();
