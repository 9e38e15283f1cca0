/** What the routes on bootstraps and their runs act on. */
import type { ApiConfig } from '#config.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createReadModels, type ReadModels } from '#organization/store.ts';
import { ONBOARDING_EVENTS } from './events.ts';
import { type BootstrapRequests, createBootstrapRequests } from './store.ts';

export interface OnboardingRouteDeps extends ApiKernel<ApiConfig> {
  readModels: ReadModels;
  requests: BootstrapRequests;
}

export const onboardingRouteDeps = (kernel: ApiKernel<ApiConfig>): OnboardingRouteDeps => ({
  ...kernel,
  readModels: createReadModels(kernel.pool),
  requests: createBootstrapRequests(
    kernel.pool,
    createEmitEvent(kernel.eventStore, ONBOARDING_EVENTS),
  ),
});
