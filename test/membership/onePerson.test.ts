/** One person, one account: memberships of several organizations, given at the same time. */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { AcceptedInvitation } from '#invitation/contract.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { newEvent } from '#support/history/events.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { person, startInvitation } from '#support/runs/invitationRuns.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding({ MEMBERSHIP_SYNC_INTERVAL_SECONDS: '0.2' });
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

describe('what was half given', () => {
  test('is nothing: an account made for an acceptance that failed has no membership', async () => {
    const { email, invitations } = await invitedBy(1);
    const [{ handle }] = invitations as [(typeof invitations)[number]];
    // Supabase Auth makes the account, and answers 500: each time, and then no more.
    onboarding.supabase.users.fault({ status: 500, done: true }, email);
    const refused = await handle.executeUpdate('accept').catch((error) => error);
    expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
    expect(accountOf(email)).toBeDefined();
    await handle.signal('revoke', 'asked too late');
    expect(await handle.result()).toMatchObject({ state: 'revoked' });
    expect(toldOf(email)).toEqual([]);
    expect(accountOf(email)?.app_metadata).not.toHaveProperty('org_id');
    expect(await projectedOf(email)).toEqual([]);
  });
});

describe('telling Supabase Auth', () => {
  test('goes on in the background when it does not answer after the acceptance', async () => {
    const { email, accept, orgIds } = await invitedBy(1);
    let refusals = 0;
    onboarding.supabase.users.betweenReadAndWrite = async () => {
      if (refusals++ < 2) throw new Error('refused on purpose');
    };
    await accept();
    expect(await projectedOf(email)).toEqual(orgIds);
    await expect.poll(() => toldOf(email)).toEqual(orgIds);
    expect(refusals).toBeGreaterThan(2);
    const { rows } = await onboarding.owner.query(
      'SELECT behind_since, attempts, last_error FROM account_syncs WHERE user_id = $1',
      [accountOf(email)?.id],
    );
    expect(rows).toEqual([{ behind_since: null, attempts: 0, last_error: null }]);
  });

  test('takes back the memberships of an organization that ends, and no other', async () => {
    const { email, accept, orgIds } = await invitedBy(2);
    await accept();
    await expect.poll(() => toldOf(email).toSorted()).toEqual(orgIds);
    const [gone, kept] = orgIds as [string, string];
    await createEventStore(onboarding.database.pool).append(
      newEvent('organization.deactivated', gone, { deactivated_at: '2026-01-01', reason: 'gone' }),
    );
    await expect.poll(() => toldOf(email)).toEqual([kept]);
    expect(await projectedOf(email)).toEqual([kept]);
  });

  test('adds up the roles of several invitations to one organization', async () => {
    const { email, accept, orgIds } = await invitedBy(1);
    await accept();
    const [orgId] = orgIds as [string];
    const again = await startInvitation(onboarding, { orgId, email, role: 'provider_admin' });
    await expect.poll(() => onboarding.mailsTo(email).length).toBe(2);
    await again.handle.executeUpdate('accept');
    await expect
      .poll(() => accountOf(email)?.app_metadata.memberships)
      .toMatchObject([{ org_id: orgId, roles: ['clinician', 'provider_admin'] }]);
  });
});
