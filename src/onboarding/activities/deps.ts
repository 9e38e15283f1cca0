/** Dependencies of the activities of a bootstrap. */

import type { INVITATION_EVENTS } from '#invitation/events.ts';
import type { Invitations } from '#invitation/store.ts';
import type { Resolvers } from '#kernel/dns/resolvers.ts';
import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { EmailProvider } from '#kernel/mail/mail.ts';
import type { Organizations } from '#organization/store.ts';
import type { DnsProvider } from '../cloudflare/dnsProvider.ts';
import type { ONBOARDING_EVENTS } from '../events.ts';
import type { OnboardingWorkerConfig } from '../settings.ts';
import type { Standings } from '../store/standing.ts';

export interface OnboardingDeps {
  config: Pick<
    OnboardingWorkerConfig,
    | 'PLATFORM_BASE_DOMAIN'
    | 'DNS_TARGET'
    | 'DNS_PROXIED'
    | 'CLOUDFLARE_PROXY_RANGES'
    | 'FRONTEND_URL'
    | 'INVITATION_TOKEN_SECRET'
    | 'SUPPORT_EMAIL'
  >;
  emitEvent: EmitEvent<typeof ONBOARDING_EVENTS>;
  /** A bootstrap itself invites the organization's first users. */
  emitInvitationEvent: EmitEvent<typeof INVITATION_EVENTS>;
  organizations: Organizations;
  invitations: Invitations;
  standings: Standings;
  dnsProvider: DnsProvider;
  resolvers: Resolvers;
  emailProvider: EmailProvider;
}
