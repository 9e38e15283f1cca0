/** Fault: a mail that was accepted comes back, as Resend reports it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'svix';
import { type Scenario, scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

const SECRET = `whsec_${randomBytes(24).toString('base64')}`;
const WEBHOOK_PATH = '/api/v1/webhooks/resend';
const POLL_MS = 500;

/** The invitation that was sent last, when there is one that is newer than `since`. */
async function sentInvitation({ owner }: Stage, since: Date): Promise<string> {
  for (;;) {
    const { rows } = await owner.query<{ id: string }>(
      `SELECT aggregate_id AS id FROM domain_events
       WHERE event_type = 'invitation.email.sent' AND created_at > $1 LIMIT 1`,
      [since],
    );
    if (rows[0]) return rows[0].id;
    await delay(POLL_MS);
  }
}

async function report({ apiUrl }: Stage, invitationId: string): Promise<void> {
  const tags = { a4c_message_id: `invitation-${invitationId}` };
  const data = { tags, bounce: { type: 'Permanent' } };
  const body = JSON.stringify({ type: 'email.bounced', data });
  const [id, at] = [randomUUID(), new Date()];
  const response = await fetch(apiUrl + WEBHOOK_PATH, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new Webhook(SECRET).sign(id, at, body),
    },
    body,
  });
  const answer = await response.text();
  if (!answer.includes('"recorded":true')) throw new Error(`the report was answered ${answer}`);
}

export const bounceScenarios: readonly Scenario[] = [
  scenario(
    {
      fault: 'the mail of an invitation is accepted, and comes back',
      proves: [{ alert: 'MailBounced' }],
    },
    async (stage) => {
      await stage.restart('api', { RESEND_WEBHOOK_SECRET: SECRET });
      const since = new Date();
      await stage.onboard(1);
      await report(stage, await sentInvitation(stage, since));
      return () => stage.restart('api');
    },
  ),
];
