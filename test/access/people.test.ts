/** Data of people are shown by one rule, whatever route shows them; and page by page. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import { created, initiated, invited, newEvent } from '#support/history/events.ts';
import { expectProblem } from '#support/http/problems.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

const PEOPLE = 30;
/** What nobody learns without `user.invite`: the address, the name and the account. */
const SECRETS = ['@people.example', 'Byron', 'Lovelace'];

// No worker: what is there was put there.
const onboarding = useOnboarding();
const api = useApi(onboarding);
const orgId = randomUUID();
const slug = `s${orgId.slice(0, 8)}`;
const workflowId = bootstrapWorkflowId(orgId);
const accounts: string[] = [];
const organization = `/api/v1/organizations/${orgId}`;
const run = `/api/v1/workflows/${workflowId}`;

beforeAll(async () => {
  const store = createEventStore(onboarding.database.pool);
  const eventMetadata = { timestamp: new Date().toISOString(), workflow_id: workflowId };
  const append = (...[type, id, data]: Parameters<typeof newEvent>) =>
    store.append(newEvent(type, id, data, { eventMetadata }));
  const user = {
    email: 'ada@people.example',
    firstName: 'Ada',
    lastName: 'Lovelace',
    role: 'viewer',
  };
  const params = { orgData: { name: 'N', type: 'provider' as const }, users: [user] };
  await append('organization.bootstrap.initiated', orgId, { ...initiated(slug), params });
  await append('organization.created', orgId, created(slug));
  await append('organization.activated', orgId, {
    activated_at: '2026-01-01',
    invitations_sent: 0,
  });
  for (let n = 0; n < PEOPLE; n++) {
    const [id, account] = [randomUUID(), randomUUID()];
    accounts.push(account);
    await append('user.invited', id, invited(orgId, id, `p${n}@people.example`));
    const accepted = { org_id: orgId, invitation_id: id, accepted_at: '2026-01-01T00:00:00Z' };
    await append('invitation.accepted', id, accepted);
    await append('user.provisioned', id, { org_id: orgId, user_id: account, roles: ['viewer'] });
  }
  const claim = randomUUID();
  await append('organization.domain.claimed', claim, {
    org_id: orgId,
    domain: 'people.test',
    challenge: 'a-challenge',
  });
});

const member = (...held: string[]) => ({
  sub: randomUUID(),
  orgId,
  permissions: held.map((p) => ({ p, s: slug })),
});
const get = (path: string, ...held: string[]) => api.call('GET', path, { as: member(...held) });

describe.each([`${organization}/lineage`, `${run}/events`])('%s', (path) => {
  test('shows no invited person to who may not list invitations, and what happened all the same', async () => {
    expectProblem(await get(`${organization}/invitations`), 403, 'forbidden');
    for (const held of [[], ['organization.configure_sso'], ['organization.delete']]) {
      const { status, text, body } = await get(path, ...held);
      expect(status).toBe(200);
      expect([...SECRETS, ...accounts].filter((secret) => text.includes(secret))).toEqual([]);
      expect(body.withheld).toContain('user.invite');
      const types = body.events.map(({ eventType }: { eventType: string }) => eventType);
      expect(types.filter((type: string) => type === 'user.invited')).toHaveLength(PEOPLE);
      expect(types).toContain('organization.activated');
    }
  });

  test('shows them to who may list them', async () => {
    const { text, body } = await get(path, 'user.invite', 'organization.configure_sso');
    expect([...SECRETS, ...accounts].filter((secret) => !text.includes(secret))).toEqual([]);
    expect(body.withheld).toEqual([]);
    expect(text).not.toMatch(/token_?hash/i);
  });

  test('shows domains and their proofs by the rule of their list, too', async () => {
    expectProblem(await get(`${organization}/domains`, 'user.invite'), 403, 'forbidden');
    expect((await get(path, 'user.invite')).text.includes('a-challenge')).toBe(false);
    expect((await get(path, 'organization.configure_sso')).text.includes('a-challenge')).toBe(true);
  });

  test('comes page by page, each event once and in order', async () => {
    const whole = (await get(`${path}?limit=500`, 'user.invite')).body;
    expect(whole.next).toBeNull();
    const seen: string[] = [];
    const sizes: number[] = [];
    const invitations: string[] = [];
    let cursor = '';
    do {
      const { status, body } = await get(`${path}?limit=20${cursor}`, 'user.invite');
      expect(status).toBe(200);
      sizes.push(body.events.length);
      seen.push(...body.events.map(({ id }: { id: string }) => id));
      const found: { invitationId: string }[] = body.projections?.invitations ?? [];
      invitations.push(...found.map(({ invitationId }) => invitationId));
      cursor = body.next && `&cursor=${body.next}`;
    } while (cursor);
    expect(seen).toEqual(whole.events.map(({ id }: { id: string }) => id));
    expect(new Set(seen).size).toBe(3 * PEOPLE + 4);
    expect(Math.max(...sizes)).toBe(20);
    if (path.endsWith('lineage')) expect(new Set(invitations).size).toBe(PEOPLE);
  });

  test.each(['limit=0', 'limit=501', 'limit=x', 'cursor=nonsense', 'cursor='])(
    'refuses ?%s',
    async (query) => {
      expectProblem(await get(`${path}?${query}`, 'user.invite'), 400, 'invalid-request');
    },
  );
});

test('a long history is limited where nothing is said', async () => {
  const store = createEventStore(onboarding.database.pool);
  const add = async (_: unknown, n: number) => {
    const id = randomUUID();
    await store.append(newEvent('user.invited', id, invited(orgId, id, `q${n}@people.example`)));
  };
  await Promise.all(Array.from({ length: 250 }, add));
  const { body } = await get(`${organization}/lineage`, 'user.invite');
  expect(body.events).toHaveLength(200);
  expect(body.next).toEqual(expect.any(String));
});
