/** Background work of the API: runs the reconciler. */
import { createLease } from '#kernel/database/lease.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createWorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import type { BackgroundKernel } from '#kernel/http/apiKernel.ts';
import { QUEUE_NAMES, taskQueueOf } from '#kernel/queues.ts';
import { createOrganizations } from '#organization/store.ts';
import { ONBOARDING_EVENTS } from '../events.ts';
import type { OnboardingApiConfig } from '../settings.ts';
import { createBootstrapRequests } from '../store.ts';
import { createReconciler } from './reconciler.ts';

/** Runs the reconciler until `stopping` aborts; only one replica at a time does a round. */
export function createBackground(
  kernel: BackgroundKernel<OnboardingApiConfig>,
): (stopping: AbortSignal) => Promise<void> {
  const { config, pool, eventStore } = kernel;
  const emitEvent = createEmitEvent(eventStore, ONBOARDING_EVENTS);
  const reconciler = createReconciler({
    ...kernel,
    organizations: createOrganizations(pool),
    requests: createBootstrapRequests(pool, emitEvent),
    emitEvent,
    store: eventStore,
    runs: createWorkflowRuns(pool),
    lease: createLease(pool, 'reconciler', { logger: kernel.logger }),
    taskQueues: QUEUE_NAMES.map((queue) => taskQueueOf(config, queue)),
  });
  return reconciler.run;
}
