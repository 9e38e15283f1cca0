/** Mails of invitations that were accepted and came back. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Webhook } from 'svix';
import { expect, test } from 'vitest';
import { RESEND_WEBHOOK_PATH } from '#invitation/routes/resendWebhook.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { scrape } from '#support/http/scrape.ts';
import { type StartedInvitation, startInvitation } from '#support/runs/invitationRuns.ts';
import { ADMIN, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const SECRET = `whsec_${randomBytes(24).toString('base64')}`;

const onboarding = useOnboarding();
useWorker(onboarding);
const api = useApi(onboarding, { RESEND_WEBHOOK_SECRET: SECRET });
const withoutSecret = useApi(onboarding);

/** An invitation whose mail went out. */
async function sent(timing = {}) {
  const { orgId } = await makeActiveOrganization(onboarding.database.pool);
  const fast = { reminderAfterMs: 0, retryInitialMs: 50, heartbeatTimeoutMs: 2_000, ...timing };
  const run = await startInvitation(onboarding, { orgId, timing: fast });
  await expect.poll(() => statusOf(run)).toBe('sent');
  return { ...run, orgId };
}

const stored = ({ invitationId }: Pick<StartedInvitation, 'invitationId'>) =>
  onboarding.readModels.invitation(invitationId);
const statusOf = async (run: StartedInvitation) => (await stored(run))?.emailStatus;
const mailsOf = ({ email }: StartedInvitation) => onboarding.mailsTo(email).length;
const bouncesOf = async ({ handle, invitationId }: StartedInvitation) => {
  const { rows } = await onboarding.owner.query(
    `SELECT event_data ->> 'reason' AS reason FROM domain_events
     WHERE event_type = 'invitation.email.bounced' AND aggregate_id = $1`,
    [invitationId],
  );
  expect(handle.workflowId).toContain(invitationId);
  return rows.map(({ reason }) => reason);
};

/** A report as Resend makes it. */
const report = (tag: string | undefined, more: object = {}) => ({
  type: 'email.bounced',
  created_at: '2026-01-01T00:00:00.000Z',
  data: {
    email_id: randomUUID(),
    from: 'no-reply@example.com',
    to: ['ada@example.org'],
    subject: 'Invitation',
    bounce: { type: 'Permanent', subType: 'General', message: 'ada@example.org is unknown' },
    ...(tag && { tags: { a4c_message_id: tag } }),
  },
  ...more,
});

interface Signing {
  id?: string;
  at?: Date;
  secret?: string;
  url?: string;
}

async function post(body: object, { id = 'msg_1', at = new Date(), secret, url }: Signing = {}) {
  const text = JSON.stringify(body);
  const response = await fetch((url ?? api.url) + RESEND_WEBHOOK_PATH, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'svix-id': id,
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': new Webhook(secret ?? SECRET).sign(id, at, text),
    },
    body: text,
  });
  return { status: response.status, body: await response.json() };
}

const messageIdOf = ({ invitationId }: StartedInvitation) => `invitation-${invitationId}`;
const counted = async (reason: string) =>
  (await scrape(api.url)).value('invitation_emails_bounced_total', { reason });

test('a report marks the invitation once, whoever repeats it, and the list and a counter show it', async () => {
  const run = await sent();
  const before = (await counted('permanent'))!;
  const answers = [
    await post(report(messageIdOf(run))),
    await post(report(messageIdOf(run))),
    await post(report(messageIdOf(run)), { id: 'msg_2' }),
  ];
  expect(answers).toEqual(Array(3).fill({ status: 200, body: { recorded: true } }));
  expect(await bouncesOf(run)).toEqual(['permanent']);
  expect(await counted('permanent')).toBe(before + 1);
  expect(await counted('suppressed')).toBe(0);
  const list = await api.call('GET', `/api/v1/organizations/${run.orgId}/invitations`, {
    as: ADMIN,
  });
  expect(list.body.invitations).toMatchObject([
    { emailStatus: 'bounced', emailError: 'the mail came back (permanent)' },
  ]);
  expect(list.text).not.toContain('is unknown');
});

test.each(['constructor', '__proto__', 'Unheard'])(
  'the reason %s, which Resend does not document, is undetermined',
  async (type) => {
    const run = await sent();
    const { data } = report(messageIdOf(run));
    const answer = await post(report(undefined, { data: { ...data, bounce: { type } } }));
    expect(answer).toEqual({ status: 200, body: { recorded: true } });
    expect([await statusOf(run), await bouncesOf(run)]).toEqual(['bounced', ['undetermined']]);
  },
);

test.each([
  [
    'whose signature is another’s',
    () => ({ secret: `whsec_${randomBytes(24).toString('base64')}` }),
  ],
  ['that is older than five minutes', () => ({ at: new Date(Date.now() - 6 * 60_000) })],
  ['from the future', () => ({ at: new Date(Date.now() + 6 * 60_000) })],
])('a report %s is 401, and changes nothing', async (_name, signing) => {
  const run = await sent();
  expect((await post(report(messageIdOf(run)), signing())).status).toBe(401);
  expect([await statusOf(run), await bouncesOf(run)]).toEqual(['sent', []]);
});

test.each([
  ['of an invitation that is not there', () => report(`invitation-${randomUUID()}`)],
  ['of a mail of ours that is no invitation', () => report('support-1')],
  ['of a mail without our tag', () => report(undefined)],
  ['of another kind', () => report(undefined, { type: 'email.opened' })],
])(
  'a report %s is taken, so that it does not come again, and records nothing',
  async (_name, of) => {
    const before = await onboarding.countEvents();
    expect(await post(of())).toEqual({ status: 200, body: { recorded: false } });
    expect(await onboarding.countEvents()).toBe(before);
  },
);

test('without a secret there is no such route, and one that is too large is 413', async () => {
  expect((await post(report('x'), { url: withoutSecret.url })).status).toBe(404);
  expect((await post({ text: 'x'.repeat(70_000) })).status).toBe(413);
});

test('an address whose mail came back gets no reminder, and a mail when a person asks', async () => {
  const run = await sent({ reminderAfterMs: 1_500, maxReminders: 1, ttlMs: 60_000 });
  await post(report(messageIdOf(run), { type: 'email.suppressed' }));
  expect(await bouncesOf(run)).toEqual(['suppressed']);
  // The run has passed its reminder when it knows that it gave one.
  const state = () => run.handle.query<{ remindersSent: number }>('getState');
  await expect.poll(async () => (await state()).remindersSent, { timeout: 10_000 }).toBe(1);
  expect(mailsOf(run)).toBe(1);
  await run.handle.executeUpdate('resend');
  await expect.poll(() => statusOf(run)).toBe('sent');
  expect(mailsOf(run)).toBe(2);
  // A late report about the first link says nothing about the second.
  await post(report(messageIdOf(run)));
  expect(await statusOf(run)).toBe('sent');
  await post(report(`${messageIdOf(run)}-1`));
  expect(await statusOf(run)).toBe('bounced');
});

test('a reader of DSN reports with a command, by the Message-ID', async () => {
  const run = await sent();
  const ops = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['src/main.ts', 'ops', 'bounced', ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: onboarding.workerEnv.DATABASE_URL },
    }).then(
      () => '',
      ({ stderr }) => stderr as string,
    );
  expect(await ops(`<${messageIdOf(run)}@example.com>`, '--reason', 'transient')).toBe('');
  expect([await statusOf(run), await bouncesOf(run)]).toEqual(['bounced', ['transient']]);
  expect(await ops('<other@example.com>')).toContain('Message-ID of no invitation');
  expect(await ops(messageIdOf(run), '--reason', 'bad')).toContain('permanent, transient');
});
