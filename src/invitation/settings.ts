/** Settings of the family of invitations, by the role that reads them. */
import { z } from 'zod';
import {
  csv,
  DAY_MS,
  integer,
  positiveSeconds,
  type Shape,
  seconds,
  secretly,
  webUrl,
} from '#kernel/settings/builders.ts';
import type { KernelApiConfig, KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { SettingsOf } from '#kernel/settings/load.ts';
import { DEFAULT_INVITATION_TIMING, MAX_REMINDERS } from './contract.ts';

/** Roles by name, each with the permissions that are needed to grant it. */
export type RoleCatalogue = ReadonlyMap<string, readonly string[]>;

/** Who may have everything of an organization in this service is granted only by who has it, too. */
const DEFAULT_ROLES =
  'viewer,clinician,provider_admin=user.invite+organization.configure_sso,partner_admin=user.invite+organization.configure_sso';

/** `viewer,admin=user.invite+organization.delete`. */
const roles = () =>
  csv(DEFAULT_ROLES).pipe(
    z
      .array(
        z
          .string()
          .regex(
            /^[a-z][\w-]{0,99}(=[a-z_]+(\.[a-z_]+)+(\+[a-z_]+(\.[a-z_]+)+)*)?$/i,
            'must be role,role=permission+permission,…',
          ),
      )
      .min(1)
      .transform(
        (list): RoleCatalogue =>
          new Map(
            list.map((entry) => {
              const [name = '', needed = ''] = entry.split('=');
              return [name, needed.split('+').filter(Boolean)];
            }),
          ),
      ),
  );

export const INVITATION_SETTINGS = {
  api: {
    GRANTABLE_ROLES: roles().describe(
      'roles that people can be invited with, each with the permissions that who grants it must have over the organization: `viewer,admin=user.invite+organization.delete`; others are refused. `platform.admin` among them must be held without a scope',
    ),
    INVITATION_TTL_SECONDS: positiveSeconds(DEFAULT_INVITATION_TIMING.ttlMs, 30 * DAY_MS).describe(
      'how long an invitation can be accepted',
    ),
    INVITATION_REMINDER_SECONDS: seconds(
      DEFAULT_INVITATION_TIMING.reminderAfterMs,
      30 * DAY_MS,
    ).describe('pause before each reminder; 0 for none'),
    INVITATION_RESEND_PAUSE_SECONDS: seconds(60_000, DAY_MS).describe(
      'pause between two new links of one invitation; 0 for none',
    ),
    INVITATION_RESENDS_PER_DAY: integer(10, 0, 1000).describe(
      'new links of one invitation in a day; 0 for any number',
    ),
    INVITATION_MAILS_PER_HOUR: integer(1000, 0, 1_000_000).describe(
      'invitations and new links of one organization in an hour; 0 for any number',
    ),
    RESEND_WEBHOOK_SECRET: z
      .string()
      .startsWith('whsec_')
      .optional()
      .meta(
        secretly(
          'signs Resend’s reports of mails that came back; without it `POST /api/v1/webhooks/resend` is 404',
        ),
      ),
    INVITATION_MAX_REMINDERS: integer(
      DEFAULT_INVITATION_TIMING.maxReminders,
      0,
      MAX_REMINDERS,
    ).describe('reminders of one invitation'),
  },
  worker: {
    FRONTEND_URL: webUrl().describe('the frontend: invitation links lead there'),
  },
} as const satisfies Record<'api' | 'worker', Shape>;

export type InvitationApiConfig = KernelApiConfig & SettingsOf<typeof INVITATION_SETTINGS.api>;
export type InvitationWorkerConfig = KernelWorkerConfig &
  SettingsOf<typeof INVITATION_SETTINGS.worker>;
