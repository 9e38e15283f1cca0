/** Invitations that a bootstrap makes, against those that a person makes later. */
import { randomUUID } from 'node:crypto';
import { defineSearchAttributeKey } from '@temporalio/common';
import { expect, test } from 'vitest';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const TTL_SECONDS = 3600;
const CALLER = { ...ADMIN, sub: randomUUID() };

const onboarding = useOnboarding();
const api = useApi(onboarding, { INVITATION_TTL_SECONDS: String(TTL_SECONDS) });
useWorker(onboarding);

/** An organization that is active, and the ids of its invitations: of the bootstrap, and of later. */
async function invited() {
  const bootstrap = await api.call('POST', BOOTSTRAP_PATH, {
    body: bootstrapRequest(),
    as: CALLER,
    headers: { 'x-correlation-id': `first-${randomUUID()}` },
  });
  const { organizationId, workflowId, correlationId } = bootstrap.body;
  await onboarding.client.workflow.getHandle(workflowId).result();
  const [first] = await onboarding.readModels.invitationsOf(organizationId);
  const laterCorrelation = `later-${randomUUID()}`;
  const user = { email: 'later@example.org', firstName: 'A', lastName: 'B', role: 'viewer' };
  const later = await api.call('POST', `/api/v1/organizations/${organizationId}/invitations`, {
    body: { invitations: [user] },
    as: CALLER,
    headers: { 'x-correlation-id': laterCorrelation },
  });
  return {
    organizationId,
    first: { invitationId: first!.invitationId, correlationId },
    later: {
      invitationId: later.body.accepted[0].invitationId,
      correlationId: laterCorrelation,
    },
  };
}

test('the first links hold as long as INVITATION_TTL_SECONDS says, as later ones do', async () => {
  const { organizationId } = await invited();
  const ttls = async () => {
    const { rows } = await onboarding.owner.query<{ ttl: number }>(
      `SELECT extract(epoch FROM expires_at - (e.event_metadata->>'timestamp')::timestamptz)::float8 AS ttl
       FROM user_invitations_projection i
       JOIN domain_events e ON e.aggregate_id = i.invitation_id AND e.event_type = 'user.invited'
       WHERE i.org_id = $1`,
      [organizationId],
    );
    return rows.map(({ ttl }) => Math.round(ttl / TTL_SECONDS));
  };
  await expect.poll(ttls).toEqual([1, 1]);
});

test('runs of invitations are found by organization, user and correlation id', async () => {
  const { organizationId, first, later } = await invited();
  for (const { invitationId, correlationId } of [first, later]) {
    const handle = onboarding.client.workflow.getHandle(userInvitationWorkflowId(invitationId));
    const { typedSearchAttributes } = await handle.describe();
    const attribute = (name: string) =>
      typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD'));
    expect({
      organization: attribute(SEARCH_ATTRIBUTE.orgId),
      user: attribute(SEARCH_ATTRIBUTE.userId),
      correlation: attribute(SEARCH_ATTRIBUTE.correlationId),
    }).toEqual({ organization: organizationId, user: CALLER.sub, correlation: correlationId });
  }
});
