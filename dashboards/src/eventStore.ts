/** Event store: whether events become read models, and how PostgreSQL is. */
import { checks } from './eventStore/checks.ts';
import { events } from './eventStore/events.ts';
import { postgres } from './eventStore/postgres.ts';
import type { DashboardSpec } from './frame.ts';

export const eventStore: DashboardSpec = {
  uid: 'a4c-event-store',
  title: 'A4C onboarding: Event store',
  description: 'Whether facts become read models, and how PostgreSQL is.',
  sections: [events, checks, postgres],
};
