/** Answers about invitations tell what has become of them. */
import { describe, expect, test } from 'vitest';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { scrape } from '#support/http/scrape.ts';
import { person } from '#support/runs/invitationRuns.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding);
useWorker(onboarding);

async function organization() {
  const { orgId, slug } = await makeActiveOrganization(onboarding.database.pool);
  const url = `/api/v1/organizations/${orgId}/invitations`;
  const as = { orgId, permissions: [{ p: 'platform.admin', s: slug }] };
  return {
    orgId,
    invite: (...invitations: object[]) => api.call('POST', url, { body: { invitations }, as }),
    resend: (id: string) => api.call('POST', `${url}/${id}/resend`, { as }),
    list: async () => (await api.call('GET', url, { as })).body.invitations,
  };
}

test('of thirty simultaneous invitations of one address one is accepted', async () => {
  const { invite, list } = await organization();
  const user = person();
  const answers = await Promise.all(Array.from({ length: 30 }, () => invite(user)));
  const accepted = answers.flatMap(({ body }) => body.accepted);
  const refused = answers.flatMap(({ body }) => body.refused);
  expect(accepted).toHaveLength(1);
  const [{ invitationId }] = accepted;
  expect(refused).toHaveLength(29);
  for (const one of refused) {
    expect(one).toEqual({ index: 0, reason: 'already-invited', invitationId });
  }
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
  expect(await list()).toMatchObject([{ invitationId, status: 'pending', emailStatus: 'sent' }]);
});

test('an address whose invitation has ended can be invited again', async () => {
  const { invite, list } = await organization();
  const user = person();
  const first = (await invite(user)).body.accepted[0].invitationId;
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
  const run = onboarding.client.workflow.getHandle(userInvitationWorkflowId(first));
  await run.signal('revoke', 'a typing error');
  await run.result();
  const second = (await invite(user)).body.accepted[0].invitationId;
  expect(second).not.toBe(first);
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(2);
  expect(await list()).toMatchObject([
    { invitationId: first, status: 'revoked' },
    { invitationId: second, status: 'pending' },
  ]);
});

describe('a mail', () => {
  const undelivered = async () => (await scrape(api.url)).value('invitations_undelivered');

  test('that is refused is an event, a state and a metric, and sending it again says so', async () => {
    const { invite, resend, list } = await organization();
    const user = person();
    onboarding.smtp.fail(user.email, { code: 550 });
    const { invitationId } = (await invite(user)).body.accepted[0];
    const workflowId = userInvitationWorkflowId(invitationId);
    await expect
      .poll(() => onboarding.eventTypesOf(workflowId))
      .toEqual(['user.invited', 'invitation.email.failed']);
    expect(await list()).toMatchObject([
      { status: 'pending', emailStatus: 'failed', emailError: expect.stringContaining('550') },
    ]);
    expect(await undelivered()).toBe(1);
    expectProblem(await resend(invitationId), 422, 'mail-refused');
    onboarding.heal();
    expect((await resend(invitationId)).body).toEqual({ invitationId, status: 'resent' });
    expect(await list()).toMatchObject([{ emailStatus: 'sent', emailError: null }]);
    expect(await undelivered()).toBe(0);
  });

  test('that has to wait is said to be on its way, and holds up nobody', async () => {
    const { invite, resend, list } = await organization();
    const user = person();
    const { invitationId } = (await invite(user)).body.accepted[0];
    await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
    onboarding.smtp.fail(user.email, { code: 451 });
    const answer = await resend(invitationId);
    expect(answer).toMatchObject({ status: 202, body: { invitationId, status: 'sending' } });
    expect(await list()).toMatchObject([{ status: 'pending', emailStatus: 'pending' }]);
    const run = onboarding.client.workflow.getHandle(userInvitationWorkflowId(invitationId));
    await run.executeUpdate('accept');
    expect(await run.result()).toMatchObject({ state: 'accepted' });
    onboarding.heal();
  });
});
