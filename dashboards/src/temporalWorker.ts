/** Temporal worker: whether workers keep up with their task queue, and what limits them. */
import type { DashboardSpec } from './frame.ts';
import { cache } from './temporalWorker/cache.ts';
import { queue } from './temporalWorker/queue.ts';
import { rollout } from './temporalWorker/rollout.ts';
import { workers } from './temporalWorker/workers.ts';

export const temporalWorker: DashboardSpec = {
  uid: 'a4c-temporal-worker',
  title: 'A4C onboarding: Temporal worker',
  description: 'Whether workers keep up with their queue, and what holds them back.',
  sections: [queue, workers, rollout, cache],
};
