/** Dependencies of the activities on single sign-on. */

import type { DomainClaims } from '#domainClaim/store.ts';
import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { EmailProvider } from '#kernel/mail/mail.ts';
import type { Organizations } from '#organization/store.ts';
import type { SSO_EVENTS } from '../events.ts';
import type { SsoProvider } from '../provider.ts';
import type { MetadataFetcher } from '../saml/metadataFetcher.ts';
import type { SsoWorkerConfig } from '../settings.ts';
import type { SsoConfigurations } from '../store.ts';

export interface SsoDeps {
  config: Pick<
    SsoWorkerConfig,
    | 'INVITATION_TOKEN_SECRET'
    | 'SUPPORT_EMAIL'
    | 'SUPABASE_URL'
    | 'PUBLIC_API_URL'
    | 'SSO_ALLOW_LOOPBACK'
  >;
  emitEvent: EmitEvent<typeof SSO_EVENTS>;
  organizations: Organizations;
  ssoConfigurations: SsoConfigurations;
  domainClaims: DomainClaims;
  ssoProvider: SsoProvider;
  metadataFetcher: MetadataFetcher;
  emailProvider: EmailProvider;
}
