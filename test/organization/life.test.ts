/** What the database permits for an organization, state by state, and at the same moment. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEventStore, type NewEvent } from '#kernel/eventStore/eventStore.ts';
import { EventRefusedError } from '#kernel/eventStore/storeError.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import { created, initiated, invited, newEvent } from '#support/history/events.ts';
import { makeActiveOrganization, makeOrganization } from '#support/history/organizations.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const database = useTestDatabase();
const append = (event: NewEvent) => createEventStore(database.pool).append(event);
const active = () => makeActiveOrganization(database.pool);

const deletion = (orgId: string, more = {}) =>
  newEvent('organization.deletion.initiated', orgId, { reason: 'test', ...more });
const deactivated = (orgId: string) =>
  newEvent('organization.deactivated', orgId, { deactivated_at: '2026-01-01', reason: 'test' });
const invitation = (orgId: string) => {
  const id = randomUUID();
  return newEvent('user.invited', id, invited(orgId, id, `${id}@example.org`));
};

const statusOf = async (orgId: string): Promise<string> => {
  const { rows } = await database.owner.query(
    'SELECT status FROM organizations_projection WHERE org_id = $1',
    [orgId],
  );
  return rows[0].status;
};
const countOf = async (aggregateId: string): Promise<number> => {
  const { rows } = await database.owner.query(
    'SELECT count(*)::int FROM domain_events WHERE aggregate_id = $1',
    [aggregateId],
  );
  return rows[0].count;
};
const blocked = async (): Promise<number> => {
  const { rows } = await database.owner.query(
    'SELECT count(*)::int FROM event_streams WHERE blocked_at_version IS NOT NULL',
  );
  return rows[0].count;
};

/** The event is refused in words, stored nowhere, and blocks no stream. */
async function expectRefused(event: NewEvent, type: string, words: RegExp): Promise<void> {
  const before = await countOf(event.aggregateId);
  const error = await append(event).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(EventRefusedError);
  expect(error).toMatchObject({ type, retryable: false, message: expect.stringMatching(words) });
  expect(await countOf(event.aggregateId)).toBe(before);
  expect(await blocked()).toBe(0);
}

describe('an organization that is being deleted', () => {
  test('accepts no invitation, claim or single sign-on', async () => {
    const { orgId } = await active();
    await append(deletion(orgId));
    expect(await statusOf(orgId)).toBe('deleting');
    const org_id = orgId;
    for (const event of [
      invitation(orgId),
      newEvent('organization.domain.claimed', randomUUID(), {
        org_id,
        domain: 'a.example',
        challenge: 'c',
      }),
      newEvent('sso.requested', randomUUID(), { org_id, metadata_source: 'xml', domains: null }),
    ]) {
      await expectRefused(
        event,
        FAILURE.organizationNotActive,
        /refused: the organization is deleting$/,
      );
    }
  });

  test('accepts the ends of what it had, and then its own', async () => {
    const { orgId } = await active();
    const pending = invitation(orgId);
    await append(pending);
    await append(deletion(orgId));
    const invitation_id = pending.aggregateId;
    const accepted = { org_id: orgId, invitation_id, accepted_at: '2026-01-01' };
    await expectRefused(
      newEvent('invitation.accepted', invitation_id, accepted),
      FAILURE.organizationNotActive,
      /deleting/,
    );
    const revoked = {
      org_id: orgId,
      invitation_id,
      email: 'x@example.org',
      revoked_at: '2026-01-01',
      reason: 'r',
    };
    await append(newEvent('invitation.revoked', invitation_id, revoked));
    await append(deactivated(orgId));
    expect(await statusOf(orgId)).toBe('deactivated');
    await append(deactivated(orgId));
    expect(await blocked()).toBe(0);
  });

  test('is not activated by a bootstrap that is still under way', async () => {
    const { orgId } = await makeOrganization(database.pool);
    await append(deletion(orgId));
    const event = newEvent('organization.activated', orgId, {
      activated_at: '2026-01-01',
      invitations_sent: 1,
    });
    await expectRefused(event, FAILURE.organizationNotActive, /deleting/);
  });

  test('keeps its slug until it is deactivated', async () => {
    const { orgId, slug } = await active();
    await append(deletion(orgId));
    const successor = () =>
      append({
        ...newEvent('organization.bootstrap.initiated', randomUUID(), initiated(slug)),
        mustProject: true,
      });
    await expect(successor()).rejects.toMatchObject({ sqlState: '23505' });
    await append(deactivated(orgId));
    await successor();
  });
});

test('an event that was stored before is found again, whatever the state is now', async () => {
  const { orgId } = await active();
  const event = invitation(orgId);
  await append(event);
  await append(deletion(orgId));
  expect(await append(event)).toMatchObject({ duplicate: true });
});

describe('at the same moment', () => {
  /** Appends in a transaction that stays open, then another event beside it, which waits. */
  async function inOrder(first: NewEvent, second: NewEvent) {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN');
      await createEventStore(database.pool).append(first, client);
      const other = append(second).catch((error) => error);
      await expect.poll(waiting).toBe(1);
      await client.query('COMMIT');
      return await other;
    } finally {
      client.release();
    }
  }
  const waiting = async (): Promise<number> => {
    const { rows } = await database.owner.query(
      `SELECT count(*)::int FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows[0].count;
  };

  test('an invitation that is before the deletion is seen by it', async () => {
    const { orgId } = await active();
    const event = invitation(orgId);
    expect(await inOrder(event, deletion(orgId))).toMatchObject({ duplicate: false });
    expect([await statusOf(orgId), await countOf(event.aggregateId)]).toEqual(['deleting', 1]);
  });

  test('an invitation that is after the deletion is refused', async () => {
    const { orgId } = await active();
    const event = invitation(orgId);
    expect(await inOrder(deletion(orgId), event)).toBeInstanceOf(EventRefusedError);
    expect(await countOf(event.aggregateId)).toBe(0);
  });

  test('a child and the deletion of its parent: one of them is refused', async () => {
    for (let round = 0; round < 10; round++) {
      const parent = await active();
      const slug = `s${randomUUID().slice(0, 8)}`;
      const child = randomUUID();
      const data = created(slug, { parent_org_id: parent.orgId, path: `${parent.path}.${slug}` });
      const [made, removed] = await Promise.allSettled([
        append({ ...newEvent('organization.created', child, data), mustProject: true }),
        append(deletion(parent.orgId)),
      ]);
      expect([made.status, removed.status].toSorted()).toEqual(['fulfilled', 'rejected']);
      const refusal = made.status === 'rejected' ? made : (removed as PromiseRejectedResult);
      expect(refusal.reason.type).toBe(
        made.status === 'rejected' ? FAILURE.parentNotActive : FAILURE.organizationHasChildren,
      );
    }
  });
});

describe('below an organization', () => {
  const childOf = async (above: { orgId: string; path: string }) => {
    const slug = `s${randomUUID().slice(0, 8)}`;
    const path = `${above.path}.${slug}`;
    return makeActiveOrganization(database.pool, { slug, path, parent_org_id: above.orgId });
  };

  test('its deletion is refused while others are live, however deep, and can take them along', async () => {
    const parent = await active();
    const child = await childOf(parent);
    const grandchild = await childOf(child);
    await expectRefused(deletion(parent.orgId), FAILURE.organizationHasChildren, /not deleted: 2$/);
    await append(deactivated(child.orgId));
    await expectRefused(deletion(parent.orgId), FAILURE.organizationHasChildren, /not deleted: 1$/);
    await append(deletion(parent.orgId, { cascade: true }));
    await append(deactivated(grandchild.orgId));
    await append(deletion(parent.orgId));
  });

  test('nothing is requested or created while it is not active', async () => {
    const parent = await active();
    await append(deletion(parent.orgId));
    const slug = `s${randomUUID().slice(0, 8)}`;
    const params = {
      orgData: { name: 'x', type: 'provider' as const, parentOrgId: parent.orgId },
      users: [],
    };
    await expectRefused(
      newEvent('organization.bootstrap.initiated', randomUUID(), { ...initiated(slug), params }),
      FAILURE.parentNotActive,
      /the organization above is deleting$/,
    );
    const data = created(slug, { parent_org_id: parent.orgId, path: `${parent.path}.${slug}` });
    await expectRefused(
      newEvent('organization.created', randomUUID(), data),
      FAILURE.parentNotActive,
      /the organization above is deleting$/,
    );
  });

  test('a successor of its slug is refused at the request while a live one holds the place', async () => {
    const parent = await active();
    await childOf(parent);
    // As before parents of live organizations could not be deleted.
    await append(deactivated(parent.orgId));
    const request = newEvent(
      'organization.bootstrap.initiated',
      randomUUID(),
      initiated(parent.slug),
    );
    await expect(append({ ...request, mustProject: true })).rejects.toMatchObject({
      constraint: 'organizations_projection_path_live',
    });
    expect(await countOf(request.aggregateId)).toBe(0);
  });
});

describe('the user who did it', () => {
  test('can be deleted from auth.users; the audit keeps the id', async () => {
    const userId = randomUUID();
    await database.owner.query('INSERT INTO auth.users (id) VALUES ($1)', [userId]);
    const orgId = randomUUID();
    const event = newEvent('organization.created', orgId, created(`s${orgId.slice(0, 8)}`));
    await append({ ...event, eventMetadata: { timestamp: 'now', user_id: userId } });
    await database.owner.query('DELETE FROM auth.users WHERE id = $1', [userId]);
    const { rows } = await database.owner.query(
      'SELECT created_by FROM domain_events WHERE aggregate_id = $1',
      [orgId],
    );
    expect(rows).toEqual([{ created_by: userId }]);
  });

  test('stands in the way of no deletion: no table of ours has a foreign key on a user', async () => {
    const { rows } = await database.owner.query(
      `SELECT conrelid::regclass::text AS "table" FROM pg_constraint
       WHERE contype = 'f' AND confrelid = 'auth.users'::regclass`,
    );
    expect(rows).toEqual([]);
  });
});
