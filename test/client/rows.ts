import { randomUUID } from 'node:crypto';

export function user(more: Record<string, unknown> = {}) {
  return {
    id: randomUUID(),
    email: `${randomUUID()}@example.org`,
    display_name: 'Näme "q" 😀',
    tags: ['a', 'b'],
    settings: { theme: 'dark', list: [1, 2] },
    ...more,
  };
}

export function campaign(owner_id: string, more: Record<string, unknown> = {}) {
  return { id: randomUUID(), owner_id, title: 'The Deep', system: 'homebrew', budget: '12.50', tags: [], ...more };
}

export function session(user_id: string, campaign_id: string, more: Record<string, unknown> = {}) {
  return {
    id: randomUUID(),
    user_id,
    campaign_id,
    number: 1,
    title: 'One',
    started_at: '2024-01-02T03:04:05Z',
    ...more,
  };
}
