import { createHash } from 'node:crypto';

/** The id of a revision of a machine. AWS makes it up; here it follows from what the revision is, and so does the number of its version. */
export function revisionId(definition: string, roleArn: string): string {
  const digest = createHash('sha256').update(`${definition.length} ${definition}${roleArn}`).digest('hex');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digest.slice(from, to))
    .join('-');
}
