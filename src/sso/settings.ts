/** Settings of the single sign-on family, by the role that reads them. */
import { flag, positiveSeconds, type Shape, webUrl } from '#kernel/settings/builders.ts';
import type { KernelApiConfig, KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';
import { DEFAULT_SSO_TIMING, MAX_TEST_WAIT_MS } from './contract.ts';

export const SSO_SETTINGS = {
  api: {
    SSO_TEST_WAIT_SECONDS: positiveSeconds(
      DEFAULT_SSO_TIMING.testWaitMs,
      MAX_TEST_WAIT_MS,
    ).describe('how long a configuration waits for somebody to log in as its test'),
  },
  worker: {
    PUBLIC_API_URL: webUrl().describe(
      'where browsers reach the API: the test of single sign-on leads there',
    ),
    SSO_ALLOW_LOOPBACK: flag(false).describe(
      'allows identity providers on loopback and plain http: for development alone',
    ),
  },
} as const satisfies Record<'api' | 'worker', Shape>;

export type SsoApiConfig = KernelApiConfig & SettingsOf<typeof SSO_SETTINGS.api>;
export type SsoWorkerConfig = KernelWorkerConfig & SettingsOf<typeof SSO_SETTINGS.worker>;
