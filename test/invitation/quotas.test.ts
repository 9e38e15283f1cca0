import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { newEvent } from '#support/history/events.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { person } from '#support/runs/invitationRuns.ts';
import { startApi, type TestApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);

let replicas: TestApi[];
beforeAll(async () => {
  const env = {
    INVITATION_RESEND_PAUSE_SECONDS: '2',
    INVITATION_RESENDS_PER_DAY: '2',
    INVITATION_MAILS_PER_HOUR: '10',
  };
  replicas = [await startApi(onboarding, env), await startApi(onboarding, env)];
});
afterAll(() => Promise.all(replicas.map((api) => api.stop())));

async function organization() {
  const { orgId, slug } = await makeActiveOrganization(onboarding.database.pool);
  const as = { orgId, permissions: [{ p: 'user.invite', s: slug }] };
  const url = `/api/v1/organizations/${orgId}/invitations`;
  let turn = 0;
  /** Calls the replicas in turn. */
  const post = (path: string, body?: unknown) =>
    replicas[turn++ % 2]!.call('POST', url + path, { as, ...(body ? { body } : {}) });
  const invite = (...invitations: object[]) => post('', { invitations });
  return { orgId, post, invite };
}

const people = (count: number) => Array.from({ length: count }, () => person());

test('an invitation is sent again after a pause, and so often a day, by all replicas together', async () => {
  const { invite, post } = await organization();
  const user = person();
  const { invitationId } = (await invite(user)).body.accepted[0];
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
  const resend = () => post(`/${invitationId}/resend`);
  const answers = await Promise.all(Array.from({ length: 20 }, resend));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  const refused = answers.find(({ status }) => status === 429)!;
  expectProblem(refused, 429, 'resent-a-moment-ago');
  expect(refused.body.detail).toContain('INVITATION_RESEND_PAUSE_SECONDS');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(2);
  await expect.poll(async () => (await resend()).status, { interval: 500 }).toBe(202);
  await expect
    .poll(async () => (await resend()).body.type, { interval: 500 })
    .toBe('urn:a4c:problem:resent-too-often');
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(3);
});

test('an organization sends so many invitations an hour, and a refused request sends none', async () => {
  const { orgId, invite } = await organization();
  const first = await invite(...people(6));
  expect(first.body.accepted).toHaveLength(6);
  const many = await invite(...people(5));
  expectProblem(many, 429, 'too-many-invitations');
  expect(many.body.detail).toContain('INVITATION_MAILS_PER_HOUR');
  expect(Number(many.headers.get('retry-after'))).toBeGreaterThan(60);
  expect((await invite(...people(4))).body.accepted).toHaveLength(4);
  expect((await invite(person())).status).toBe(429);
  await expect.poll(async () => (await onboarding.readModels.invitationsOf(orgId)).length).toBe(10);
  const other = await organization();
  expect((await other.invite(person())).status).toBe(202);
});

/** An invitation as an earlier release has stored it, before runs and before today's rules. */
async function storedInvitation(orgId: string, email: string) {
  const invitationId = randomUUID();
  await createEventStore(onboarding.database.pool).append(
    newEvent('user.invited', invitationId, {
      invitation_id: invitationId,
      org_id: orgId,
      email,
      first_name: 'A\u202eda',
      last_name: 'see https://example.org',
      roles: ['clinician'],
      token_hash: randomUUID(),
      expires_at: new Date(Date.now() + 60_000).toISOString(),
    }),
  );
  return invitationId;
}

test('invitations of earlier releases are found by their address, and keep working', async () => {
  const { orgId, invite } = await organization();
  const known = await storedInvitation(orgId, 'ada.byron@example.org');
  const { body } = await invite({ ...person(), email: ' Ada.Byron@EXAMPLE.org ' });
  expect(body.refused).toEqual([{ index: 0, reason: 'already-invited', invitationId: known }]);
  const refusedNow = await storedInvitation(orgId, 'ada@foo-.example.org');
  const handle = await onboarding.client.workflow.start('UserInvitationWorkflow', {
    taskQueue: onboarding.usersTaskQueue,
    workflowId: `user-invitation-${refusedNow}`,
    args: [{ invitationId: refusedNow, orgId, origin: { requestedAt: new Date().toISOString() } }],
  });
  expect(await handle.executeUpdate('accept')).toMatchObject({ linked: false });
  expect(onboarding.supabase.users.users.map(({ email }) => email)).toContain(
    'ada@foo-.example.org',
  );
});
