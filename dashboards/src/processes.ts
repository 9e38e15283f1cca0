/** Processes: how API and workers are, and the work that one of them at a time does. */
import type { DashboardSpec } from './frame.ts';
import { connections } from './processes/connections.ts';
import { containers } from './processes/containers.ts';
import { runtime } from './processes/runtime.ts';
import { turns } from './processes/turns.ts';

export const processes: DashboardSpec = {
  uid: 'a4c-processes',
  title: 'A4C onboarding: Processes',
  description: 'How the processes are, and whether one of them does what one at a time has to do.',
  sections: [runtime, containers, connections, turns],
};
