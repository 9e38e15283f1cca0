/** The hooks of Supabase Auth, called as it calls them: as supabase_auth_admin, with its payloads. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import type { Pool } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { INVITATION_SETTINGS, type RoleCatalogue } from '#invitation/settings.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { invited, newEvent } from '#support/history/events.ts';
import { makeActiveOrganization, ownDomain } from '#support/history/organizations.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const database = useTestDatabase();
const store = () => createEventStore(database.pool);

beforeAll(async () => {
  const sql = await readFile('sql/supabase/hooks.sql', 'utf8');
  await database.owner.query(sql);
  shipped = await rolePermissions();
  await database.owner.query(
    `DELETE FROM role_permissions;
     INSERT INTO role_permissions VALUES ('provider_admin', 'user.invite'), ('provider_admin', 'organization.delete')`,
  );
  // As after a release.
  await database.owner.query(sql);
});

/** Rows that the hooks bring along, sorted. */
let shipped: string[];
async function rolePermissions(): Promise<string[]> {
  const { rows } = await database.owner.query<{ row: string }>(
    `SELECT role || ' ' || permission AS row FROM role_permissions`,
  );
  return rows.map(({ row }) => row).toSorted();
}

describe('what a role may do', () => {
  const asRows = (catalogue: RoleCatalogue) =>
    [...catalogue].flatMap(([role, needed]) => needed.map((one) => `${role} ${one}`)).toSorted();
  const configured = (value?: string) => INVITATION_SETTINGS.api.GRANTABLE_ROLES.parse(value);

  test('is what its granter must hold: no role gives more, and none gives less', () => {
    expect(shipped).not.toEqual([]);
    expect(shipped).toEqual(asRows(configured()));
  });

  test('is the same in the manifests', async () => {
    const manifest = await readFile('k8s/base/api.env', 'utf8');
    const value = /^GRANTABLE_ROLES=(.+)$/m.exec(manifest)?.[1];
    expect(value).toBeDefined();
    expect(asRows(configured(value))).toEqual(shipped);
  });

  test('is left alone by the next release', async () => {
    expect(await rolePermissions()).toEqual([
      'provider_admin organization.delete',
      'provider_admin user.invite',
    ]);
  });
});

type Hook = 'a4c_custom_access_token' | 'a4c_before_user_created';
// biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
async function call(hook: Hook, event: object): Promise<any> {
  const client = await (database.owner as Pool).connect();
  try {
    await client.query(
      'BEGIN; SET LOCAL ROLE supabase_auth_admin; SET LOCAL statement_timeout = 2000',
    );
    const { rows } = await client.query(`SELECT ${hook}($1) AS answer`, [JSON.stringify(event)]);
    return rows[0].answer;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** The payload of the documentation. */
const tokenFor = (sub: string, email: string, app_metadata: object = { provider: 'email' }) =>
  call('a4c_custom_access_token', {
    user_id: sub,
    claims: {
      iss: 'https://project.supabase.co/auth/v1',
      aud: 'authenticated',
      exp: 1_715_690_221,
      iat: 1_715_686_621,
      sub,
      email,
      phone: '',
      app_metadata,
      user_metadata: {},
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: 1_715_686_621 }],
      session_id: randomUUID(),
      is_anonymous: false,
    },
    authentication_method: 'password',
  });
const creating = (email: string, provider = 'email') =>
  call('a4c_before_user_created', {
    metadata: { uuid: randomUUID(), time: '2026-11-28T00:00:00Z', name: 'before-user-created' },
    user: {
      id: randomUUID(),
      aud: 'authenticated',
      role: '',
      email,
      app_metadata: { provider, providers: [provider] },
      user_metadata: {},
      identities: [],
      is_anonymous: false,
    },
  });

/** A person who has accepted an invitation of the organization. */
async function member(orgId: string, email: string, userId = randomUUID()) {
  const id = randomUUID();
  const common = { org_id: orgId, invitation_id: id };
  await store().append(newEvent('user.invited', id, invited(orgId, id, email)));
  await store().append(
    newEvent('invitation.accepted', id, { ...common, accepted_at: '2026-01-01' }),
  );
  await store().append(
    newEvent('user.provisioned', id, {
      ...common,
      user_id: userId,
      roles: ['provider_admin'],
      scope: '',
      linked: false,
    }),
  );
  return userId;
}

/** An organization with a proved domain and an identity provider. */
async function withSso() {
  const organization = await makeActiveOrganization(database.pool);
  const domain = `${organization.slug}.example.org`;
  await ownDomain(database.pool, organization.orgId, domain);
  const providerId = randomUUID();
  await database.owner.query(
    `INSERT INTO sso_configurations_projection (configuration_id, org_id, status, metadata_source,
       provider_id, domains, created_at, updated_at)
     VALUES ($1, $2, 'active', 'xml', $3, $4, now(), now())`,
    [randomUUID(), organization.orgId, providerId, [domain]],
  );
  return { ...organization, domain, provider: `sso:${providerId}` };
}

const address = (domain = 'example.net') => `ada-${randomUUID().slice(0, 8)}@${domain}`;

describe('a token', () => {
  test('of a member has organization, memberships and permissions, and all it had', async () => {
    const { orgId, path } = await makeActiveOrganization(database.pool);
    const email = address();
    const userId = await member(orgId, email);
    const { claims } = await tokenFor(userId, email);
    expect(claims).toMatchObject({
      sub: userId,
      email,
      session_id: expect.any(String),
      org_id: orgId,
      org_type: 'provider',
      memberships: [{ org_id: orgId, roles: ['provider_admin'], scope: path }],
      effective_permissions: [
        { p: 'organization.delete', s: path },
        { p: 'user.invite', s: path },
      ],
    });
  });

  test('is for the chosen organization, while the person is a member there', async () => {
    const [first, second] = [
      await makeActiveOrganization(database.pool),
      await makeActiveOrganization(database.pool),
    ];
    const email = address();
    const userId = await member(first.orgId, email);
    await member(second.orgId, email, userId);
    const orgOf = async (org_id: string) =>
      (await tokenFor(userId, email, { provider: 'email', org_id })).claims;
    expect(await orgOf(second.orgId)).toMatchObject({
      org_id: second.orgId,
      effective_permissions: [{ s: second.path }, { s: second.path }],
    });
    expect((await orgOf(randomUUID())).org_id).toBe(first.orgId);
    const event = { deactivated_at: '2026-01-01', reason: 'gone' };
    await store().append(newEvent('organization.deactivated', second.orgId, event));
    const after = await orgOf(second.orgId);
    expect(after.org_id).toBe(first.orgId);
    expect(after.memberships).toHaveLength(1);
  });

  test('of somebody without a membership has no permission, whatever was claimed', async () => {
    const { claims } = await tokenFor(randomUUID(), address(), {
      provider: 'email',
      memberships: [{ org_id: randomUUID(), roles: ['provider_admin'] }],
      org_id: randomUUID(),
    });
    expect(claims).toMatchObject({ memberships: [], effective_permissions: [] });
    expect(claims).not.toHaveProperty('org_id');
  });

  test('by single sign-on has the membership that the address was invited to', async () => {
    const sso = await withSso();
    const other = await makeActiveOrganization(database.pool);
    const email = address(sso.domain);
    const invitedAccount = await member(sso.orgId, email);
    await member(other.orgId, email, invitedAccount);
    const { claims } = await tokenFor(randomUUID(), email.toUpperCase(), {
      provider: sso.provider,
    });
    expect(claims).toMatchObject({
      org_id: sso.orgId,
      memberships: [{ org_id: sso.orgId, roles: ['provider_admin'], scope: sso.path }],
    });
  });

  test('by the identity provider of another organization has nothing', async () => {
    const [sso, foreign] = [await withSso(), await withSso()];
    const email = address(sso.domain);
    const userId = await member(sso.orgId, email);
    for (const provider of [foreign.provider, `sso:${randomUUID()}`]) {
      const { claims } = await tokenFor(userId, email, { provider });
      expect(claims).toMatchObject({ memberships: [], effective_permissions: [] });
    }
  });
});

describe('a new account', () => {
  test.each([
    ['by password, of a domain of nobody', async () => creating(address())],
    ['without an address', async () => creating('')],
    [
      'by single sign-on, of a proved domain',
      async () => {
        const { domain, provider } = await withSso();
        return creating(address(domain), provider);
      },
    ],
  ])('%s is made', async (_what, answer) => {
    expect(await answer()).toEqual({});
  });

  test.each([
    [
      'by single sign-on, of the domain of another',
      async () => creating(address((await withSso()).domain), (await withSso()).provider),
    ],
    [
      'by an identity provider that is none of ours',
      async () => creating(address(), `sso:${randomUUID()}`),
    ],
    [
      'by password, of a domain that has single sign-on',
      async () => creating(address((await withSso()).domain)),
    ],
  ])('%s is refused', async (_what, answer) => {
    expect(await answer()).toEqual({ error: { http_code: 403, message: expect.any(String) } });
  });
});

test('Supabase Auth with both hooks: a token of the invited, no signup beside single sign-on', async () => {
  const supabase = await startLoopbackSupabase({
    hooks: {
      customAccessToken: (event) => call('a4c_custom_access_token', event),
      beforeUserCreated: (event) => call('a4c_before_user_created', event),
    },
  });
  const post = async (path: string, body: object) => {
    const response = await fetch(`${supabase.url}/auth/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
    return { status: response.status, body: (await response.json()) as any };
  };
  try {
    const { orgId, domain, path } = await withSso();
    const login = { email: address(), password: 'of the invited' };
    const { id } = (await post('signup', login)).body;
    supabase.users.confirm(login.email);
    await member(orgId, login.email, id);
    const { access_token } = (await post('token?grant_type=password', login)).body;
    expect(decodeJwt(access_token)).toMatchObject({
      sub: id,
      org_id: orgId,
      effective_permissions: [{ s: path }, { s: path }],
    });
    const refused = await post('signup', { email: address(domain), password: 'long enough' });
    expect(refused.status).toBe(403);
  } finally {
    await supabase.stop();
  }
});

test('nobody but Supabase Auth may call the hooks', async () => {
  for (const hook of ['a4c_custom_access_token', 'a4c_before_user_created']) {
    await expect(database.pool.query(`SELECT ${hook}('{}')`)).rejects.toMatchObject({
      code: '42501',
    });
  }
});
