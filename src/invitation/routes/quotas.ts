/** How many mails an invitation and an organization may cause: they are sent in our name. */
import type { Pool } from 'pg';
import { createQuota, type Quota } from '#kernel/http/quota.ts';
import type { InvitationApiConfig } from '../settings.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

export interface InvitationQuotas {
  /** Of an organization: invitations, and new links. */
  mails: Quota;
  /** Sends a new link of an invitation. @throws Problem 429 that names the limit. */
  resending<T>(orgId: string, invitationId: string, send: () => Promise<T>): Promise<T>;
}

/** Takes of each quota in turn; what is taken is given back when one refuses, or the work fails. */
async function within<T>(
  quotas: [quota: Quota, key: string][],
  work: () => Promise<T>,
): Promise<T> {
  const taken: typeof quotas = [];
  try {
    for (const [quota, key] of quotas) {
      await quota.take(key);
      taken.push([quota, key]);
    }
    return await work();
  } catch (error) {
    for (const [quota, key] of taken) await quota.giveBack(key);
    throw error;
  }
}

export function createInvitationQuotas(pool: Pool, config: InvitationApiConfig): InvitationQuotas {
  const pauseSeconds = Math.ceil(config.INVITATION_RESEND_PAUSE_MS / 1000);
  const { INVITATION_RESENDS_PER_DAY: resends, INVITATION_MAILS_PER_HOUR: perHour } = config;
  const pause = createQuota(
    pool,
    { name: 'resend-pause', points: 1, seconds: pauseSeconds },
    {
      code: 'resent-a-moment-ago',
      title: 'This invitation was sent a moment ago',
      detail: `An invitation can be sent again after ${pauseSeconds} s (INVITATION_RESEND_PAUSE_SECONDS).`,
    },
  );
  const day = createQuota(
    pool,
    { name: 'resend-day', points: resends, seconds: DAY_SECONDS },
    {
      code: 'resent-too-often',
      title: 'This invitation was sent too often',
      detail: `An invitation can be sent again ${resends} times a day (INVITATION_RESENDS_PER_DAY).`,
    },
  );
  const mails = createQuota(
    pool,
    { name: 'invitation-mails', points: perHour, seconds: HOUR_SECONDS },
    {
      code: 'too-many-invitations',
      title: 'Too many invitations of this organization',
      detail: `An organization can send ${perHour} invitations an hour (INVITATION_MAILS_PER_HOUR). None of this request was sent.`,
    },
  );
  return {
    mails,
    resending: (orgId, invitationId, send) =>
      within(
        [
          [pause, invitationId],
          [day, invitationId],
          [mails, orgId],
        ],
        send,
      ),
  };
}
