/** Settings of the canary. `CANARY_SUBDOMAIN` is the onboarding's, which keeps such names for it. */
import { z } from 'zod';
import {
  DAY_MS,
  flag,
  optional,
  SECOND_MS,
  type Shape,
  seconds,
  secretly,
} from '#kernel/settings/builders.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';
import type { OnboardingApiConfig } from '#onboarding/settings.ts';

const MINUTE_MS = 60 * SECOND_MS;
const LONGEST_MS = DAY_MS / 4;
const positive = (ms: number): boolean => ms >= SECOND_MS;
const AT_LEAST = 'must be at least a second';

export const CANARY_SETTINGS = {
  api: {
    CANARY_ENABLED: flag(false).describe(
      'a synthetic onboarding by a schedule ([how it is set up](canary.md)); also off while `ENABLE_ORG_BOOTSTRAP` is false',
    ),
    CANARY_INTERVAL_SECONDS: seconds(15 * MINUTE_MS, LONGEST_MS)
      .refine(positive, AT_LEAST)
      .describe('from the start of one canary to that of the next'),
    CANARY_LIMIT_SECONDS: seconds(15 * MINUTE_MS, LONGEST_MS)
      .refine(positive, AT_LEAST)
      .describe(
        'an onboarding that takes longer has failed; longer than `DNS_PROPAGATION_WAIT_SECONDS`',
      ),
    CANARY_API_URL: z
      .url()
      .optional()
      .describe('where callers reach the API, through everything that is in front of it'),
    CANARY_EMAIL: z
      .email()
      .optional()
      .describe('address of the canary’s account, whose mailbox gets the invitations'),
    CANARY_PASSWORD: optional().meta(secretly('password of that account at Supabase Auth')),
    CANARY_SUPABASE_KEY: optional().describe(
      'publishable (anon) key of the Supabase project, with which it logs in',
    ),
    CANARY_MAILBOX_URL: z
      .url()
      .optional()
      .describe(
        'answers GET with the latest mails of the mailbox, in any text format; without it a mail counts as arrived when the mail server took it',
      ),
    CANARY_MAILBOX_TOKEN: optional().meta(secretly('bearer token for `CANARY_MAILBOX_URL`')),
  },
} as const satisfies Record<'api', Shape>;

export type CanaryConfig = OnboardingApiConfig & SettingsOf<typeof CANARY_SETTINGS.api>;

/** Needed once it is switched on. */
export const NEEDED_BY_CANARY = [
  'CANARY_API_URL',
  'CANARY_EMAIL',
  'CANARY_PASSWORD',
  'CANARY_SUPABASE_KEY',
  'SUPABASE_URL',
] as const;
