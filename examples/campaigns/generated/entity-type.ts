// Written by `portage generate` from the plan campaigns: change the plan, not this file.

/** What a row of the table is; an item says it in `_e`, and its sort key begins with it. */
export const EntityType = {
  USER: 'USER',
  CAMPAIGN: 'CAMPAIGN',
  SESSION: 'SESSION',
  CHARACTER: 'CHARACTER',
} as const;

export type EntityType = (typeof EntityType)[keyof typeof EntityType];
