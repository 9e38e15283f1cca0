/** Settings of the family of invitations, by the role that reads them. */
import { z } from 'zod';
import { DAY_MS, integer, type Shape, seconds } from '#kernel/settings/builders.ts';
import type { KernelApiConfig, KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';
import { DEFAULT_INVITATION_TIMING, MAX_REMINDERS } from './contract.ts';

export const INVITATION_SETTINGS = {
  api: {
    INVITATION_TTL_SECONDS: seconds(DEFAULT_INVITATION_TIMING.ttlMs, 30 * DAY_MS).describe(
      'how long an invitation can be accepted',
    ),
    INVITATION_REMINDER_SECONDS: seconds(
      DEFAULT_INVITATION_TIMING.reminderAfterMs,
      30 * DAY_MS,
    ).describe('pause before each reminder; 0 for none'),
    INVITATION_MAX_REMINDERS: integer(
      DEFAULT_INVITATION_TIMING.maxReminders,
      0,
      MAX_REMINDERS,
    ).describe('reminders of one invitation'),
  },
  worker: {
    FRONTEND_URL: z.url().describe('the frontend: invitation links lead there'),
  },
} as const satisfies Record<'api' | 'worker', Shape>;

export type InvitationApiConfig = KernelApiConfig & SettingsOf<typeof INVITATION_SETTINGS.api>;
export type InvitationWorkerConfig = KernelWorkerConfig &
  SettingsOf<typeof INVITATION_SETTINGS.worker>;
