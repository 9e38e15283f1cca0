/** Settings of the family of domain claims, by the role that reads them. */
import { pauses, positiveSeconds, type Shape } from '#kernel/settings/builders.ts';
import type { KernelApiConfig, KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';
import { DEFAULT_DOMAIN_TIMING, MAX_DOMAIN_WAIT_MS } from './contract.ts';

export const DOMAIN_CLAIM_SETTINGS = {
  api: {
    DOMAIN_VERIFICATION_LIMIT_SECONDS: positiveSeconds(
      DEFAULT_DOMAIN_TIMING.limitMs,
      MAX_DOMAIN_WAIT_MS,
    ).describe('how long a claimed domain may take to be proved'),
    DOMAIN_VERIFICATION_BACKOFF_SECONDS: pauses('60,120,300,600,1800').describe(
      'pauses between lookups of its TXT record; the last one repeats',
    ),
  },
} as const satisfies Record<'api', Shape>;

export type DomainClaimApiConfig = KernelApiConfig & SettingsOf<typeof DOMAIN_CLAIM_SETTINGS.api>;
/** The resolvers are settings of the kernel. */
export type DomainClaimWorkerConfig = KernelWorkerConfig;
