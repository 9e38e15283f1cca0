/** Which roles can be granted, by whom: through an invitation, and through a bootstrap. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MadeOrganization, makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import {
  ADMIN,
  BOOTSTRAP_PATH,
  bootstrapRequest,
  type TestApi,
  useApi,
} from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

// No worker: what is started stays where it is.
const onboarding = useOnboarding();
const api = useApi(onboarding);
/** With a role of the platform in its catalogue. */
const custom = useApi(onboarding, {
  GRANTABLE_ROLES: 'viewer, platform_admin=platform.admin, keeper=user.invite+organization.delete',
});
let root: MadeOrganization;
let kid: MadeOrganization;

beforeAll(async () => {
  const { pool } = onboarding.database;
  root = await makeActiveOrganization(pool);
  const path = `${root.path}.kid`;
  kid = await makeActiveOrganization(pool, { path, parent_org_id: root.orgId });
});

/** How many runs the accepted requests have started. */
let started = 0;

async function runs(): Promise<string[]> {
  const query = `TaskQueue = '${onboarding.taskQueue}' OR TaskQueue = '${onboarding.usersTaskQueue}'`;
  const found = [];
  for await (const { workflowId } of onboarding.client.workflow.list({ query }))
    found.push(workflowId);
  return found;
}

/** Everything that a refused request could have changed. Temporal lists a new run some time later. */
async function state() {
  await expect.poll(async () => (await runs()).length).toBe(started);
  return { events: await onboarding.countEvents(), runs: (await runs()).toSorted() };
}

describe('a role', () => {
  const user = (role: string) => ({
    email: `p-${randomUUID().slice(0, 8)}@example.org`,
    firstName: 'Ada',
    lastName: 'Byron',
    role,
  });
  async function inviteBy(by: TestApi, as: object, ...roles: string[]) {
    const answer = await by.call('POST', `/api/v1/organizations/${root.orgId}/invitations`, {
      body: { invitations: roles.map(user) },
      as,
    });
    started += answer.body.accepted?.length ?? 0;
    return answer;
  }
  const invite = (as: object, ...roles: string[]) => inviteBy(api, as, ...roles);
  const inviter = (...more: { p: string; s: string }[]) => ({
    sub: randomUUID(),
    orgId: root.orgId,
    permissions: [{ p: 'user.invite', s: root.path }, ...more],
  });

  test('that stands in no catalogue is granted by nobody, nor through a bootstrap', async () => {
    const before = await state();
    for (const role of ['platform_admin', 'super_admin', 'CLINICIAN', '__proto__']) {
      for (const as of [inviter(), ADMIN]) {
        const refused = await invite(as, 'viewer', role);
        expectProblem(refused, 400, 'invalid-request');
        expect(refused.body.errors).toMatchObject([{ path: 'invitations.1.role' }]);
        const body = { ...bootstrapRequest(), users: [user('viewer'), user(role)] };
        const bootstrap = await api.call('POST', BOOTSTRAP_PATH, { body, as: ADMIN });
        expectProblem(bootstrap, 400, 'invalid-request');
        expect(bootstrap.body.errors).toMatchObject([{ path: 'users.1.role' }]);
      }
    }
    expect(await state()).toEqual(before);
  });

  test('is granted only by who has all that it can do here', async () => {
    const before = await state();
    const elsewhere = { p: 'organization.configure_sso', s: kid.path };
    for (const as of [inviter(), inviter(elsewhere)]) {
      const refused = await invite(as, 'clinician', 'provider_admin');
      expectProblem(refused, 403, 'role-above-yours');
      expect(refused.body.errors).toMatchObject([{ path: 'invitations.1.role' }]);
    }
    expect(await state()).toEqual(before);
    const whole = inviter({ p: 'organization.configure_sso', s: root.path });
    for (const as of [whole, inviter({ p: 'platform.admin', s: root.path })]) {
      const { status, body } = await invite(as, 'clinician', 'provider_admin');
      expect([status, body.refused]).toEqual([202, []]);
    }
  });

  test('of the platform is granted by its administrators alone, also to a new organization', async () => {
    const before = await state();
    const found = (as: object) =>
      custom.call('POST', BOOTSTRAP_PATH, {
        body: { ...bootstrapRequest(), users: [user('platform_admin')] },
        as,
      });
    const scoped = { ...inviter(), permissions: [{ p: 'platform.admin', s: root.path }] };
    expectProblem(await inviteBy(custom, scoped, 'platform_admin'), 403, 'role-above-yours');
    const founder = { permissions: [{ p: 'organization.create_root', s: '' }] };
    const refused = await found(founder);
    expectProblem(refused, 403, 'role-above-yours');
    expect(refused.body.errors).toEqual([
      { path: 'users.0.role', message: 'needs platform.admin' },
    ]);
    expect(await state()).toEqual(before);
    expect((await inviteBy(custom, ADMIN, 'platform_admin')).status).toBe(202);
    expect((await found(ADMIN)).status).toBe(202);
  });

  test('that needs several permissions needs all of them', async () => {
    const one = inviter();
    const both = inviter({ p: 'organization.delete', s: root.path });
    expectProblem(await inviteBy(custom, one, 'keeper'), 403, 'role-above-yours');
    expect((await inviteBy(custom, both, 'keeper')).status).toBe(202);
  });

  test('of an organization is given to its first people by who creates it', async () => {
    const body = { ...bootstrapRequest(), users: [user('provider_admin'), user('viewer')] };
    expect((await api.call('POST', BOOTSTRAP_PATH, { body })).status).toBe(202);
  });

  test('stands with the others in the OpenAPI document', async () => {
    const { body } = await custom.call('GET', '/openapi.json');
    const roleOf = (schema: { properties: Record<string, { items: unknown }> }, field: string) =>
      schema.properties[field]!.items as { properties: { role: { enum: string[] } } };
    const { InvitationsRequest, OrganizationBootstrapRequest } = body.components.schemas;
    const roles = ['viewer', 'platform_admin', 'keeper'];
    expect(roleOf(InvitationsRequest, 'invitations').properties.role.enum).toEqual(roles);
    expect(roleOf(OrganizationBootstrapRequest, 'users').properties.role.enum).toEqual(roles);
  });
});
