/** What a permission covers: the organizations at and below its scope, and nothing else. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MadeOrganization, makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

// No worker: what is started stays where it is.
const onboarding = useOnboarding();
const api = useApi(onboarding);
let root: MadeOrganization;
let kid: MadeOrganization;
let other: MadeOrganization;

function place(above?: MadeOrganization): Promise<MadeOrganization> {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const path = above ? `${above.path}.${slug}` : slug;
  const parent_org_id = above?.orgId ?? null;
  return makeActiveOrganization(onboarding.database.pool, { slug, path, parent_org_id });
}

beforeAll(async () => {
  root = await place();
  kid = await place(root);
  other = await place();
});

const member = (of: MadeOrganization, p: string, s: string) => ({
  sub: randomUUID(),
  orgId: of.orgId,
  permissions: [{ p, s }],
});
/** @param permission as a hook of another hand would write it, without a place. */
const unplaced = (of: MadeOrganization, permission: { p: string; s?: null }) => ({
  ...member(of, permission.p, ''),
  extra: { effective_permissions: [permission] },
});

/** Everything that a refused request could have changed. */
async function state() {
  const { rows } = await onboarding.owner.query(
    `SELECT (SELECT count(*)::int FROM domain_events) AS events,
            (SELECT count(*)::int FROM organizations_projection) AS organizations,
            (SELECT count(*)::int FROM idempotency_keys) AS keys`,
  );
  return rows[0];
}

describe('creating', () => {
  const create = (as: ReturnType<typeof member>, parent?: MadeOrganization) => {
    const request = bootstrapRequest();
    const orgData = { ...request.orgData, ...(parent && { parentOrgId: parent.orgId }) };
    const headers = { 'idempotency-key': randomUUID() };
    return api.call('POST', BOOTSTRAP_PATH, { body: { ...request, orgData }, as, headers });
  };
  const CREATE = 'organization.create_root';

  test.each<[string, () => [ReturnType<typeof member>, MadeOrganization?]]>([
    ['a root, scoped to an organization', () => [member(root, CREATE, root.path)]],
    ['a root, scoped to a child', () => [member(root, CREATE, kid.path)]],
    [
      'a root, as platform.admin of one organization',
      () => [member(root, 'platform.admin', root.path)],
    ],
    ['below the parent of the scope', () => [member(root, CREATE, kid.path), root]],
    ['below another organization than the scope’s', () => [member(root, CREATE, other.path), kid]],
    [
      'below, scoped to no place that exists',
      () => [member(root, CREATE, 'some.other.place'), kid],
    ],
  ])('%s is refused, and leaves nothing', async (_what, given) => {
    const before = await state();
    expectProblem(await create(...given()), 403, 'forbidden');
    expect(await state()).toEqual(before);
  });

  test('a root needs a permission for the whole platform, whose scope is empty', async () => {
    expect((await create(member(root, CREATE, ''))).status).toBe(202);
  });

  test.each([
    ['absent', (p: string) => ({ p })],
    ['null', (p: string) => ({ p, s: null })],
  ])('a scope that is %s gives nothing', async (_how, written) => {
    const before = await state();
    for (const p of [CREATE, 'platform.admin']) {
      expectProblem(await create(unplaced(root, written(p))), 403, 'forbidden');
      expectProblem(await create(unplaced(root, written(p)), kid), 403, 'forbidden');
    }
    expect(await state()).toEqual(before);
  });

  test('below an organization needs one that covers it', async () => {
    expect((await create(member(root, CREATE, root.path), kid)).status).toBe(202);
    expect((await create(member(root, CREATE, kid.path), kid)).status).toBe(202);
    expect((await create(member(root, CREATE, ''), kid)).status).toBe(202);
    expect((await create(member(root, 'platform.admin', root.path), kid)).status).toBe(202);
  });
});

describe('acting on a run', () => {
  /** The run of a child of `root`, which somebody else asked for. */
  async function runBelow(): Promise<{ workflowId: string; organizationId: string }> {
    const request = bootstrapRequest();
    const body = { ...request, orgData: { ...request.orgData, parentOrgId: root.orgId } };
    const as = member(root, 'organization.create_root', '');
    const answer = await api.call('POST', BOOTSTRAP_PATH, { body, as });
    expect(answer.status).toBe(202);
    return answer.body;
  }
  const statusOf = async (workflowId: string) =>
    (await onboarding.client.workflow.getHandle(workflowId).describe()).raw.pendingWorkflowTask;

  test.each(['cancel', 'signals/skip-dns', 'signals/abort'])(
    '%s needs the permission where the run’s organization is',
    async (action) => {
      const { workflowId } = await runBelow();
      const path = `/api/v1/workflows/${workflowId}/${action}`;
      const handle = onboarding.client.workflow.getHandle(workflowId);
      const length = async () => Number((await handle.describe()).historyLength);
      const before = [await length(), await state()];
      for (const scope of ['some.other.place', kid.path, other.path]) {
        for (const p of ['organization.bootstrap', 'organization.create_root', 'platform.admin']) {
          expectProblem(
            await api.call('POST', path, { as: member(root, p, scope) }),
            403,
            'forbidden',
          );
        }
      }
      expect([await length(), await state()]).toEqual(before);
      expect(await statusOf(workflowId)).toBeTruthy();
    },
  );

  test('is allowed from above, even before the organization is created', async () => {
    const { workflowId } = await runBelow();
    const path = `/api/v1/workflows/${workflowId}/cancel`;
    const as = member(root, 'organization.bootstrap', root.path);
    expect((await api.call('POST', path, { as })).status).toBe(202);
  });
});

describe('platform.admin with a scope', () => {
  const reading = async (target: MadeOrganization, as: ReturnType<typeof member>) =>
    (await api.call('GET', `/api/v1/organizations/${target.orgId}`, { as })).status;
  const deleting = (target: MadeOrganization, as: ReturnType<typeof member>) =>
    api.call('DELETE', `/api/v1/organizations/${target.orgId}`, { body: { reason: 'r' }, as });

  test('sees what any member sees, wherever its scope is', async () => {
    expect(await reading(root, member(other, 'platform.admin', other.path))).toBe(404);
    expect(await reading(root, member(other, 'platform.admin', root.path))).toBe(404);
    expect(await reading(kid, member(root, 'platform.admin', other.path))).toBe(200);
  });

  test('has every permission within its scope, and none outside', async () => {
    const target = await place(root);
    const before = await state();
    expectProblem(
      await deleting(target, member(root, 'platform.admin', kid.path)),
      403,
      'forbidden',
    );
    expectProblem(
      await deleting(target, member(other, 'platform.admin', target.path)),
      404,
      'not-found',
    );
    expect(await state()).toEqual(before);
    expect((await deleting(target, member(root, 'platform.admin', target.path))).status).toBe(202);
  });
});
