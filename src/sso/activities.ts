/** The activities on single sign-on, by their registered names. */

import { createDomainClaims } from '#domainClaim/store.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { inPace } from '#kernel/patience/pace.ts';
import type { Implementations } from '#kernel/temporal/activity.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import { createOrganizations } from '#organization/store.ts';
import { certificateActivities } from './activities/certificates.ts';
import { configurationActivities } from './activities/configuration.ts';
import type { SsoDeps } from './activities/deps.ts';
import { newsActivities } from './activities/news.ts';
import { onlyWhileItCounts, standingActivity } from './activities/standing.ts';
import type { SsoActivities } from './contract.ts';
import { SSO_EVENTS } from './events.ts';
import { createSsoProvider } from './provider.ts';
import { createMetadataFetcher } from './saml/metadataFetcher.ts';
import type { SsoWorkerConfig } from './settings.ts';
import { createSsoConfigurations } from './store.ts';

export function createActivities({
  config,
  pool,
  eventStore,
  emailProvider,
  pace,
  observeCall,
}: WorkerKernel<SsoWorkerConfig>): Implementations<SsoActivities> {
  const deps: SsoDeps = {
    config,
    emitEvent: createEmitEvent(eventStore, SSO_EVENTS),
    organizations: createOrganizations(pool),
    ssoConfigurations: createSsoConfigurations(pool),
    domainClaims: createDomainClaims(pool),
    ssoProvider: inPace(createSsoProvider(config, observeCall), pace, 'supabase', 2),
    metadataFetcher: createMetadataFetcher(config, { observe: observeCall }),
    emailProvider,
  };
  return onlyWhileItCounts(deps, {
    ...standingActivity(deps),
    ...configurationActivities(deps),
    ...newsActivities(deps),
    ...certificateActivities(deps),
  });
}
