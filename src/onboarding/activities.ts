/** The activities of a bootstrap, by their registered names. */

import { INVITATION_EVENTS } from '#invitation/events.ts';
import { countLookups } from '#kernel/dns/countLookups.ts';
import { createResolvers } from '#kernel/dns/resolvers.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { createReadModels } from '#organization/store.ts';
import { createDnsProvider } from './cloudflare/dnsProvider.ts';
import type { OnboardingActivities } from './contract.ts';
import type { OnboardingDeps } from './deps.ts';
import { dnsActivities } from './dnsActivities.ts';
import { ONBOARDING_EVENTS } from './events.ts';
import { invitationActivities } from './invitationActivities.ts';
import { organizationActivities } from './organizationActivities.ts';
import type { OnboardingWorkerConfig } from './settings.ts';

export function createActivities({
  config,
  pool,
  eventStore,
  emailProvider,
  metrics,
}: WorkerKernel<OnboardingWorkerConfig>): Implementations<OnboardingActivities> {
  const deps: OnboardingDeps = {
    config,
    emitEvent: createEmitEvent(eventStore, ONBOARDING_EVENTS),
    emitInvitationEvent: createEmitEvent(eventStore, INVITATION_EVENTS),
    readModels: createReadModels(pool),
    dnsProvider: createDnsProvider(config),
    resolvers: countLookups(createResolvers(config), config.DNS_RESOLVERS, metrics),
    emailProvider,
  };
  return { ...organizationActivities(deps), ...dnsActivities(deps), ...invitationActivities(deps) };
}
