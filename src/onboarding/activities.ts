/** The activities of a bootstrap, by their registered names. */

import { INVITATION_EVENTS } from '#invitation/events.ts';
import { createInvitations } from '#invitation/store.ts';
import { countLookups } from '#kernel/dns/countLookups.ts';
import { createResolvers } from '#kernel/dns/resolvers.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { inPace } from '#kernel/patience/pace.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { createOrganizations } from '#organization/store.ts';
import type { OnboardingDeps } from './activities/deps.ts';
import { dnsActivities } from './activities/dns.ts';
import { invitationActivities } from './activities/invitations.ts';
import { organizationActivities } from './activities/organization.ts';
import { onlyWhileItCounts, standingActivity } from './activities/standing.ts';
import { createDnsProvider } from './cloudflare/dnsProvider.ts';
import type { OnboardingActivities } from './contract.ts';
import { ONBOARDING_EVENTS } from './events.ts';
import type { OnboardingWorkerConfig } from './settings.ts';
import { createStandings } from './store/standing.ts';

export function createActivities({
  config,
  pool,
  eventStore,
  emailProvider,
  pace,
  watchProvider,
  observeCall,
  metrics,
}: WorkerKernel<OnboardingWorkerConfig>): Implementations<OnboardingActivities> {
  // Each lists the records of the name, and creates or deletes one.
  const dnsProvider = inPace(
    createDnsProvider(config, undefined, observeCall),
    pace,
    'cloudflare',
    2,
  );
  watchProvider('cloudflare', (signal) => dnsProvider.check({ signal }));
  const deps: OnboardingDeps = {
    config,
    emitEvent: createEmitEvent(eventStore, ONBOARDING_EVENTS),
    emitInvitationEvent: createEmitEvent(eventStore, INVITATION_EVENTS),
    organizations: createOrganizations(pool),
    invitations: createInvitations(pool),
    standings: createStandings(pool),
    dnsProvider,
    resolvers: countLookups(createResolvers(config, observeCall), config.DNS_RESOLVERS, metrics),
    emailProvider,
  };
  return onlyWhileItCounts(deps, {
    ...standingActivity(deps),
    ...organizationActivities(deps),
    ...dnsActivities(deps),
    ...invitationActivities(deps),
  });
}
