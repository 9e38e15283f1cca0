/** The checker of `npm run chaos` is checked: what it must find is planted, one after the other. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { type Arena, startArena } from '#load/chaos/arena.ts';
import { violationsIn } from '#load/chaos/invariant.ts';
import { type SteadyLoad, startLoad } from '#load/chaos/steadyLoad.ts';
import type { ViolationKind } from '#load/chaos/violation.ts';
import { readWorld } from '#load/chaos/world.ts';

let arena: Arena;
let load: SteadyLoad;

beforeAll(async () => {
  arena = await startArena(() => {});
  load = startLoad(arena, 2);
  await vi.waitFor(() => expect(load.onboardings.length).toBeGreaterThan(1), 30_000);
  load.stopStarting();
  expect(await load.settled(60_000)).toEqual([]);
  expect(load.onboardings[0]).toMatchObject({ signOn: { active: true } });
}, 180_000);
afterAll(async () => {
  load?.stop();
  await arena?.stop();
});

const found = async () => violationsIn(await readWorld(arena, load.onboardings));

/** Rows that the store itself refuses to change. */
async function tamper(statement: string, values: unknown[] = []): Promise<void> {
  const client = await arena.owner.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL session_replication_role = replica');
    await client.query(statement, values);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

const orgId = () => load.onboardings[0]!.organizationId!;

test('finds nothing when nothing is wrong', async () => {
  await expect.poll(found).toEqual([]);
});

type Undo = () => unknown;

test.each<[string, ViolationKind, RegExp, () => Promise<Undo>]>([
  [
    'an event that was lost',
    'lost',
    /completed 0 times|version \d+ is missing/,
    async () => {
      await tamper(
        `CREATE TABLE IF NOT EXISTS planted AS SELECT * FROM domain_events WHERE aggregate_id = '${orgId()}'
           AND event_type = 'organization.bootstrap.completed'`,
      );
      await tamper('DELETE FROM domain_events WHERE id IN (SELECT id FROM planted)');
      return () => tamper('INSERT INTO domain_events SELECT * FROM planted');
    },
  ],
  [
    'an organization that was undone',
    'lost',
    /accepted, and failed/,
    async () => {
      const set = `UPDATE organizations_projection SET status = $2 WHERE org_id = $1`;
      await tamper(set, [orgId(), 'failed']);
      return () => tamper(set, [orgId(), 'active']);
    },
  ],
  [
    'a read model that is wrong',
    'wrong',
    /differs from its events/,
    async () => {
      const set = `UPDATE organizations_projection SET partner_type = $2 WHERE org_id = $1`;
      await tamper(set, [orgId(), 'nobody']);
      return () => tamper(set, [orgId(), null]);
    },
  ],
  [
    'a second DNS record',
    'duplicated',
    /2 DNS records/,
    async () => {
      // The zone itself refuses a second record beside a CNAME.
      const { zone } = arena.stack.cloudflare;
      const { list } = zone;
      zone.list = () => [...list(), list()[0]!];
      return () => {
        zone.list = list;
      };
    },
  ],
  [
    'a DNS record of nobody',
    'orphaned',
    /a DNS record of nobody/,
    async () => {
      const { zone } = arena.stack.cloudflare;
      const name = `orphan.${zone.list()[0]!.name.split('.').slice(1).join('.')}`;
      const planted = zone.create({ name, type: 'A', content: '192.0.2.1' });
      return () => zone.remove(planted.id);
    },
  ],
  [
    'a mail that came twice',
    'duplicated',
    /2 mails/,
    async () => {
      const { mails } = arena.stack.smtp;
      mails.push({ ...mails.find(({ messageId }) => messageId.includes('invitation-'))! });
      return () => mails.pop();
    },
  ],
  [
    'a membership that was lost',
    'lost',
    /accepted, 0 memberships/,
    async () => {
      const { email } = load.onboardings.find(({ member }) => member)!.member!;
      const account = arena.stack.supabase.users.users.find((user) => user.email === email)!;
      const before = account.app_metadata;
      account.app_metadata = { ...before, memberships: [] };
      return () => {
        account.app_metadata = before;
      };
    },
  ],
  [
    'a mail that was lost',
    'lost',
    /0 mails/,
    async () => {
      const { mails } = arena.stack.smtp;
      const index = mails.findIndex(({ messageId }) => messageId.includes('invitation-'));
      const [mail] = mails.splice(index, 1);
      return () => mails.splice(index, 0, mail!);
    },
  ],
  [
    'single sign-on that was lost at Supabase',
    'lost',
    /at Supabase Auth 0 times/,
    async () => {
      const { providers } = arena.stack.supabase.sso;
      const provider = providers.pop()!;
      return () => providers.push(provider);
    },
  ],
  [
    'an identity provider of nobody',
    'orphaned',
    /of nobody/,
    async () => {
      const { providers } = arena.stack.supabase.sso;
      providers.push({ ...providers[0]!, id: crypto.randomUUID(), domains: [] });
      return () => providers.pop();
    },
  ],
  [
    'an identity provider for the wrong domain',
    'wrong',
    /not c\w+\.example\.org/,
    async () => {
      const [provider] = arena.stack.supabase.sso.providers;
      const { domains } = provider!;
      provider!.domains = [{ domain: 'elsewhere.example' }];
      return () => {
        provider!.domains = domains;
      };
    },
  ],
  [
    'single sign-on that is not active any more',
    'lost',
    /single sign-on is active 0 times/,
    async () => {
      const set = `UPDATE sso_configurations_projection SET status = $2 WHERE org_id = $1`;
      await tamper(set, [orgId(), 'failed']);
      return () => tamper(set, [orgId(), 'active']);
    },
  ],
  [
    'a second account',
    'duplicated',
    /2 accounts/,
    async () => {
      const { users } = arena.stack.supabase.users;
      users.push({ ...users[0]!, id: crypto.randomUUID(), app_metadata: {} });
      return () => users.pop();
    },
  ],
])('finds %s', async (_what, kind, words, plant) => {
  const undo = await plant();
  try {
    expect(await found()).toContainEqual({ kind, what: expect.stringMatching(words) });
  } finally {
    await undo();
  }
  expect(await found()).toEqual([]);
});

test('finds a pending invitation whose run is gone', async () => {
  const { rows } = await arena.owner.query(
    `SELECT invitation_id FROM user_invitations_projection WHERE status = 'pending' LIMIT 1`,
  );
  // Nobody may bring it back meanwhile.
  await arena.kill('api');
  await arena.temporal.workflow
    .getHandle(userInvitationWorkflowId(rows[0].invitation_id))
    .terminate('planted');
  expect(await found()).toContainEqual({
    kind: 'dead',
    what: expect.stringMatching(/its run user-invitation-\S+ is gone/),
  });
});
