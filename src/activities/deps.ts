/** What activities act on. */
import type { WorkerConfig } from '#config';
import type { AccountProvider } from '#providers/accountProvider.ts';
import type { DnsProvider } from '#providers/dnsProvider.ts';
import type { EmailProvider } from '#providers/emailProvider.ts';
import type { MetadataSource } from '#providers/metadataSource.ts';
import type { Resolvers } from '#providers/resolvers.ts';
import type { SsoProvider } from '#providers/ssoProvider.ts';
import type { TxtResolvers } from '#providers/txtResolvers.ts';
import type { EmitEvent } from '#store/emitEvent.ts';
import type { ReadModels } from '#store/readModels.ts';
import type { SsoConfigurations } from '#store/ssoConfigurations.ts';
import type { Logger } from '#telemetry/logger.ts';

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
