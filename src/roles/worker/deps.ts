/** What activities act on. */
import type { WorkerConfig } from '#config.ts';
import type { AccountProvider } from '#invitation/provider.ts';
import type { Resolvers } from '#kernel/dns/resolvers.ts';
import type { TxtResolvers } from '#kernel/dns/txtResolvers.ts';
import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { EmailProvider } from '#kernel/mail/emailProvider.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { DnsProvider } from '#onboarding/cloudflare/dnsProvider.ts';
import type { ReadModels } from '#organization/store.ts';
import type { SsoProvider } from '#sso/provider.ts';
import type { MetadataSource } from '#sso/saml/metadataFetcher.ts';
import type { SsoConfigurations } from '#sso/store.ts';

export interface ActivityDeps {
  config: Pick<
    WorkerConfig,
    | 'PLATFORM_BASE_DOMAIN'
    | 'DNS_TARGET'
    | 'FRONTEND_URL'
    | 'INVITATION_TOKEN_SECRET'
    | 'SUPPORT_EMAIL'
    | 'MAIL_FROM'
    | 'SUPABASE_URL'
    | 'PUBLIC_API_URL'
    | 'SSO_ALLOW_LOOPBACK'
  >;
  emitEvent: EmitEvent;
  readModels: ReadModels;
  dnsProvider: DnsProvider;
  resolvers: Resolvers;
  emailProvider: EmailProvider;
  accountProvider: AccountProvider;
  ssoProvider: SsoProvider;
  metadataSource: MetadataSource;
  txtResolvers: TxtResolvers;
  ssoConfigurations: SsoConfigurations;
  logger: Logger;
}
