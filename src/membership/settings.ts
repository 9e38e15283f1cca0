/** Settings of the family of memberships, by the role that reads them. */
import { positiveSeconds, SECOND_MS, type Shape } from '#kernel/settings/builders.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';

export const MEMBERSHIP_SETTINGS = {
  worker: {
    MEMBERSHIP_SYNC_INTERVAL_SECONDS: positiveSeconds(5 * SECOND_MS, 3600 * SECOND_MS).describe(
      'pause between two rounds that tell Supabase Auth of changed memberships',
    ),
  },
} as const satisfies Record<'worker', Shape>;

export type MembershipWorkerConfig = KernelWorkerConfig &
  SettingsOf<typeof MEMBERSHIP_SETTINGS.worker>;
