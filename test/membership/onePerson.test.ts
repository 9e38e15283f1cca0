/** One person, one account: memberships of several organizations, given at the same time. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { AcceptedInvitation } from '#invitation/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { person, startInvitation } from '#support/runs/invitationRuns.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
useWorker(onboarding);
afterEach(() => {
  onboarding.heal();
  onboarding.supabase.users.betweenReadAndWrite = undefined;
});

/** Invitations of one address by several organizations, all of which can be accepted. */
async function invitedBy(count: number, { email } = person()) {
  const invitations = await Promise.all(
    Array.from({ length: count }, async () => {
      const { orgId } = await makeActiveOrganization(onboarding.database.pool);
      return { orgId, ...(await startInvitation(onboarding, { orgId, email })) };
    }),
  );
  await expect.poll(() => onboarding.mailsTo(email).length).toBe(count);
  const accept = (which = invitations) =>
    Promise.all(which.map(({ handle }) => handle.executeUpdate<AcceptedInvitation, []>('accept')));
  return { email, invitations, orgIds: invitations.map(({ orgId }) => orgId).toSorted(), accept };
}

interface Told {
  org_id: string;
  roles: string[];
}
const accountOf = (email: string) => onboarding.supabase.users.byEmail(email);
const toldOf = (email: string) =>
  ((accountOf(email)?.app_metadata.memberships ?? []) as Told[]).map(({ org_id }) => org_id);

async function projectedOf(email: string): Promise<string[]> {
  const { rows } = await onboarding.owner.query<{ org_id: string }>(
    'SELECT org_id FROM memberships_projection WHERE email = $1 AND ended_at IS NULL ORDER BY org_id',
    [email],
  );
  return rows.map(({ org_id }) => org_id);
}

describe('one address invited by several organizations', () => {
  test.each([3, 10])('%i of them accepted at once: none is lost', async (count) => {
    const { email, accept, orgIds } = await invitedBy(count);
    onboarding.supabase.users.betweenReadAndWrite = () => delay(20);
    const answers = await accept();
    expect(new Set(answers.map(({ userId }) => userId)).size).toBe(1);
    await expect.poll(() => toldOf(email).toSorted()).toEqual(orgIds);
    expect(await projectedOf(email)).toEqual(orgIds);
  });
});
