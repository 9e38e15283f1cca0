/** The organization family: other families use it. It has no workflow and no event of its own. */
import type { Family } from '#kernel/family.ts';

export const organizationFamily = {
  name: 'organization',
  tag: { name: 'Organizations', description: 'What they are, and where they come from.' },
  workflows: [],
  events: {},
  aggregates: {},
  routes: () => import('./routes.ts'),
} as const satisfies Family;
