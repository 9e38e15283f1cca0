/** Invitations whose run is gone: they can be accepted, sent again, revoked and replaced. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { person, startInvitation, tokenIn } from '#support/runs/invitationRuns.ts';
import { startApi, useApi } from '#support/stack/api.ts';
import { startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding, { PUBLIC_RATE_LIMIT_PER_MINUTE: '10000' });
useWorker(onboarding);

async function organization() {
  const { orgId, slug } = await makeActiveOrganization(onboarding.database.pool);
  const as = { orgId, permissions: [{ p: 'user.invite', s: slug }] };
  return { orgId, as, url: `/api/v1/organizations/${orgId}/invitations` };
}
type Inviting = Awaited<ReturnType<typeof organization>>;

const runOf = (invitationId: string) =>
  onboarding.client.workflow.getHandle(userInvitationWorkflowId(invitationId));
const stored = (invitationId: string) => onboarding.readModels.invitation(invitationId);
const post = (where: Inviting, path: string, body?: object) =>
  api.call('POST', `${where.url}${path}`, { as: where.as, ...(body && { body }) });
const accept = (email: string) => {
  const token = tokenIn(onboarding.mailsTo(email).at(-1)?.text);
  return api.call('POST', `/api/v1/invitations/${token}/accept`, {
    headers: { authorization: '' },
  });
};

/** An invitation whose run was terminated after its mail. */
async function lost(where: Inviting) {
  const user = person();
  const { body } = await post(where, '', { invitations: [user] });
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
  const { invitationId } = body.accepted[0];
  await expect.poll(async () => (await stored(invitationId))?.emailStatus).toBe('sent');
  await runOf(invitationId).terminate('an operator’s decision');
  return { user, invitationId };
}

describe('an invitation whose run was terminated', () => {
  test('is accepted', async () => {
    const { user, invitationId } = await lost(await organization());
    expect((await accept(user.email)).status).toBe(200);
    expect(await stored(invitationId)).toMatchObject({ status: 'accepted' });
    expect(await runOf(invitationId).result()).toMatchObject({ state: 'accepted' });
    expect(onboarding.mailsTo(user.email)).toHaveLength(1);
  });

  test('is sent again, each time with a link of its own', async () => {
    const where = await organization();
    const { user, invitationId } = await lost(where);
    for (const links of [2, 3]) {
      expect((await post(where, `/${invitationId}/resend`)).status).toBe(202);
      expect(onboarding.mailsTo(user.email)).toHaveLength(links);
      await runOf(invitationId).terminate();
    }
    const tokens = onboarding.mailsTo(user.email).map(({ text }) => tokenIn(text));
    expect(new Set(tokens).size).toBe(3);
    expect(await stored(invitationId)).toMatchObject({ generation: 2 });
    expect((await accept(user.email)).status).toBe(200);
  });

  test('is revoked, and the address invited anew', async () => {
    const where = await organization();
    const { user, invitationId } = await lost(where);
    expect((await post(where, `/${invitationId}/revoke`, { reason: 'wrong' })).status).toBe(202);
    await expect.poll(async () => (await stored(invitationId))?.status).toBe('revoked');
    const { body } = await post(where, '', { invitations: [user] });
    expect(body.accepted).toHaveLength(1);
  });

  test('is found by the reconciler, and has a run again that ends it', async () => {
    const where = await organization();
    const { user, invitationId } = await lost(where);
    const reconciling = await startApi(onboarding, {
      RECONCILE_INTERVAL_SECONDS: '0.2',
      RECONCILE_AFTER_SECONDS: '0',
    });
    try {
      const status = async () => (await runOf(invitationId).describe()).status.name;
      await expect.poll(status).toBe('RUNNING');
    } finally {
      await reconciling.stop();
    }
    expect(onboarding.mailsTo(user.email)).toHaveLength(1);
    expect((await accept(user.email)).status).toBe(200);
  });

  test('of a bootstrap is accepted, too', async () => {
    const run = await startBootstrap(onboarding);
    await run.handle.result();
    const [first] = await onboarding.readModels.invitationsOf(run.orgId);
    await runOf(first!.invitationId).terminate();
    expect((await accept(first!.email)).status).toBe(200);
  });
});

test('an overdue invitation whose run is gone does not keep its address from a new one', async () => {
  const where = await organization();
  const { invitationId, email, handle } = await startInvitation(onboarding, {
    orgId: where.orgId,
    timing: { ttlMs: 1_500, reminderAfterMs: 0 },
  });
  await expect.poll(async () => (await stored(invitationId))?.emailStatus).toBe('sent');
  await handle.terminate();
  const { expiresAt } = (await stored(invitationId))!;
  await expect.poll(() => Date.now()).toBeGreaterThan(expiresAt.getTime());
  expect(await stored(invitationId)).toMatchObject({ status: 'pending' });
  const { body } = await post(where, '', { invitations: [person(email)] });
  expect(body).toMatchObject({ accepted: [{ index: 0 }], refused: [] });
  await expect.poll(() => onboarding.mailsTo(email).length).toBe(2);
  expect(await stored(invitationId)).toMatchObject({ status: 'expired' });
  expect((await accept(email)).status).toBe(200);
  const { rows } = await onboarding.owner.query(
    'SELECT outcome FROM workflow_runs_projection WHERE workflow_id = $1',
    [handle.workflowId],
  );
  expect(rows).toEqual([{ outcome: 'completed' }]);
});

test('a run that was lost before its first mail sends it when it is started again', async () => {
  const where = await organization();
  const email = `late-${randomUUID().slice(0, 8)}@example.org`;
  onboarding.smtp.fail(email, { code: 451 });
  const { invitationId, handle } = await startInvitation(onboarding, { orgId: where.orgId, email });
  await expect.poll(() => stored(invitationId)).toMatchObject({ emailStatus: 'pending' });
  await handle.terminate();
  onboarding.heal();
  expect(await post(where, `/${invitationId}/revoke`, { reason: 'x' })).toMatchObject({
    status: 202,
  });
  await expect.poll(async () => (await stored(invitationId))?.status).toBe('revoked');
});
