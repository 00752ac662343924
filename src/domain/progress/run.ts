import type { ControlTable } from '../ports/control.ts';

/** Control record kind RUN, id = run. */
export interface MigrationRun {
  readonly run: string;
  readonly execution: string;
  readonly note: string | null;
  readonly status: 'running' | 'completed' | 'recovered' | 'rolled-back';
  readonly startedAt: string;
  readonly endedAt: string | null;
}

const KIND = 'RUN';

/** Records the start of a run; a rerun under the same name keeps the first start. */
export async function startRun(
  control: ControlTable,
  input: { readonly run: string; readonly owner: string; readonly note: string | null; readonly now: string },
): Promise<void> {
  const found = await control.read<MigrationRun>(KIND, input.run);
  const run: MigrationRun = {
    run: input.run,
    execution: input.owner,
    note: input.note,
    status: 'running',
    startedAt: found?.value.startedAt ?? input.now,
    endedAt: null,
  };
  await control.write(KIND, input.run, run, 'any');
}

/** Records the end of a run. */
export async function endRun(
  control: ControlTable,
  input: { readonly run: string; readonly status: MigrationRun['status']; readonly now: string },
): Promise<void> {
  const found = await control.read<MigrationRun>(KIND, input.run);
  if (found === null) return;
  await control.write(KIND, input.run, { ...found.value, status: input.status, endedAt: input.now }, 'any');
}
