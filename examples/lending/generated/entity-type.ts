// Written by `portage generate` from the plan lending: change the plan, not this file.

/** What a row of the table is; an item says it in `_e`, and its sort key begins with it. */
export const EntityType = {
  BRANCH: 'BRANCH',
  STAFF: 'STAFF',
  OPENING_HOURS: 'OPENING_HOURS',
  AUTHOR: 'AUTHOR',
  WORK: 'WORK',
  WORK_AUTHOR: 'WORK_AUTHOR',
  COPY: 'COPY',
  MEMBER: 'MEMBER',
  LOAN: 'LOAN',
  FINE: 'FINE',
  NOTICE: 'NOTICE',
  INTERLIBRARY_REQUEST: 'INTERLIBRARY_REQUEST',
} as const;

export type EntityType = (typeof EntityType)[keyof typeof EntityType];
