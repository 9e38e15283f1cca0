/** Workflows and activities: how runs end, their duration, and which step delays them. */
import type { DashboardSpec } from './frame.ts';
import { activities } from './workflows/activities.ts';
import { canary } from './workflows/canary.ts';
import { organizations } from './workflows/organizations.ts';
import { providers } from './workflows/providers.ts';
import { runs } from './workflows/runs.ts';

export const workflows: DashboardSpec = {
  uid: 'a4c-workflows',
  title: 'A4C onboarding: Workflows and activities',
  description: 'How runs end, how long they take, and which step holds them up.',
  sections: [runs, activities, providers, organizations, canary],
};
