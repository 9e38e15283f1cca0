/** Settings of the onboarding family, by the role that reads them. */
import { z } from 'zod';
import type { InvitationApiConfig, InvitationWorkerConfig } from '#invitation/settings.ts';
import {
  csv,
  DAY_MS,
  flag,
  hostName,
  optional,
  pauses,
  perSecond,
  positiveSeconds,
  SECOND_MS,
  type Shape,
  seconds,
  secretly,
  webUrl,
} from '#kernel/settings/builders.ts';
import type { KernelApiConfig, KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';
import { DEFAULT_TIMING, MAX_PROPAGATION_WAIT_MS } from './contract/timing.ts';

/** Cloudflare's published ranges. */
const CLOUDFLARE_RANGES = [
  '173.245.48.0/20',
  '103.21.244.0/22',
  '103.22.200.0/22',
  '103.31.4.0/22',
  '141.101.64.0/18',
  '108.162.192.0/18',
  '190.93.240.0/20',
  '188.114.96.0/20',
  '197.234.240.0/22',
  '198.41.128.0/17',
  '162.158.0.0/15',
  '104.16.0.0/13',
  '104.24.0.0/14',
  '172.64.0.0/13',
  '131.0.72.0/22',
  '2400:cb00::/32',
  '2606:4700::/32',
  '2803:f800::/32',
  '2405:b500::/32',
  '2405:8100::/32',
  '2a06:98c0::/29',
  '2c0f:f248::/32',
];

export const ONBOARDING_SETTINGS = {
  api: {
    ENABLE_ORG_BOOTSTRAP: flag(true).describe(
      'false answers new bootstraps with 503; those under way go on',
    ),
    CANARY_SUBDOMAIN: z
      .string()
      .regex(
        /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
        'must be a DNS label of at most 40 characters',
      )
      .default('canary')
      .describe(
        'first part of the subdomains of canaries, before a hyphen; no other organization gets such a name',
      ),
    RECONCILE_INTERVAL_SECONDS: positiveSeconds(15 * SECOND_MS, 3600 * SECOND_MS).describe(
      'how often the reconciler looks for requests without a run',
    ),
    RECONCILE_AFTER_SECONDS: seconds(30 * SECOND_MS, 3600 * SECOND_MS).describe(
      'age at which it starts the run of a pending request',
    ),
    RECONCILE_GIVE_UP_SECONDS: seconds(DAY_MS, 30 * DAY_MS).describe(
      'age at which it marks a pending request as failed',
    ),
    DNS_PROPAGATION_WAIT_SECONDS: seconds(
      DEFAULT_TIMING.propagationWaitMs,
      MAX_PROPAGATION_WAIT_MS,
    ).describe('wait between the DNS record and the first lookup'),
    DNS_VERIFICATION_LIMIT_SECONDS: seconds(DEFAULT_TIMING.verificationLimitMs, DAY_MS).describe(
      'after so long without agreement a person is asked',
    ),
    DNS_VERIFICATION_BACKOFF_SECONDS: pauses('10,20,40,80,160,300').describe(
      'pauses between lookups; the last one repeats',
    ),
    DNS_PERSON_WAIT_SECONDS: positiveSeconds(DEFAULT_TIMING.personWaitMs, 7 * DAY_MS).describe(
      'how long a run waits for a person’s decision',
    ),
  },
  worker: {
    CLOUDFLARE_API_TOKEN: z
      .string()
      .min(1)
      .meta(
        secretly('token with _Zone:Read_ and _DNS:Edit_ on the zone of `PLATFORM_BASE_DOMAIN`'),
      ),
    CLOUDFLARE_API_BASE_URL: webUrl()
      .default('https://api.cloudflare.com/client/v4')
      .describe('Cloudflare’s API'),
    CLOUDFLARE_ZONE_ID: optional().describe('the zone’s id; looked up by its name when not set'),
    CLOUDFLARE_PER_SECOND: perSecond(3).describe(
      'calls that all workers together make in a second, of the four that Cloudflare allows; 0 sets no pace',
    ),
    CLOUDFLARE_PROXY_RANGES: csv(CLOUDFLARE_RANGES.join(','))
      .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()])))
      .describe(
        'addresses that proxied names resolve to, as <https://www.cloudflare.com/ips/> lists them',
      ),
    DNS_TARGET: hostName().describe('what each subdomain’s CNAME points to'),
    DNS_PROXIED: flag(true).describe('whether Cloudflare proxies the records'),
  },
} as const satisfies Record<'api' | 'worker', Shape>;

export type OnboardingApiConfig = KernelApiConfig &
  SettingsOf<typeof ONBOARDING_SETTINGS.api> &
  InvitationApiConfig;
export type OnboardingWorkerConfig = KernelWorkerConfig &
  SettingsOf<typeof ONBOARDING_SETTINGS.worker> &
  InvitationWorkerConfig;
