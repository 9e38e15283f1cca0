/** Dependencies of the routes on bootstraps and their runs. */

import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createOrganizations, type Organizations } from '#organization/store.ts';
import { ONBOARDING_EVENTS } from '../events.ts';
import type { OnboardingApiConfig } from '../settings.ts';
import { type BootstrapRequests, createBootstrapRequests } from '../store.ts';

export interface OnboardingRouteDeps extends ApiKernel<OnboardingApiConfig> {
  organizations: Organizations;
  requests: BootstrapRequests;
}

export const onboardingRouteDeps = (
  kernel: ApiKernel<OnboardingApiConfig>,
): OnboardingRouteDeps => ({
  ...kernel,
  organizations: createOrganizations(kernel.pool),
  requests: createBootstrapRequests(
    kernel.pool,
    createEmitEvent(kernel.eventStore, ONBOARDING_EVENTS),
  ),
});
