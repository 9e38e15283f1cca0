/** Who sees and may do what, over a tree of organizations. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type MadeOrganization, makeActiveOrganization } from '#support/history/organizations.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding);
let parent: MadeOrganization;
let child: MadeOrganization;
let grandchild: MadeOrganization;
let sibling: MadeOrganization;

/** An active organization below another, or a root. */
function place(above?: MadeOrganization): Promise<MadeOrganization> {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const path = above ? `${above.path}.${slug}` : slug;
  const parent_org_id = above?.orgId ?? null;
  return makeActiveOrganization(onboarding.database.pool, { slug, path, parent_org_id });
}

beforeAll(async () => {
  parent = await place();
  child = await place(parent);
  grandchild = await place(child);
  sibling = await place(parent);
});

/** Status of reading an organization as somebody of another one. */
const reading = async (target: Pick<MadeOrganization, 'orgId'>, of: MadeOrganization) =>
  (await api.call('GET', `/api/v1/organizations/${target.orgId}`, { as: { orgId: of.orgId } }))
    .status;

describe('reading', () => {
  test('reaches the own organization and all below it', async () => {
    expect(await reading(parent, parent)).toBe(200);
    expect(await reading(child, parent)).toBe(200);
    expect(await reading(grandchild, parent)).toBe(200);
  });

  test('does not reach up, nor aside', async () => {
    expect(await reading(parent, child)).toBe(404);
    expect(await reading(sibling, child)).toBe(404);
    expect(await reading(grandchild, sibling)).toBe(404);
  });

  test('does not reach anything without an organization, and everything as platform admin', async () => {
    const path = `/api/v1/organizations/${child.orgId}`;
    expect((await api.call('GET', path)).status).toBe(404);
    expect((await api.call('GET', path, { as: ADMIN })).status).toBe(200);
  });

  test('answers a stranger exactly as for what is not there', async () => {
    const as = { orgId: sibling.orgId };
    const [theirs, nothing] = await Promise.all(
      [child.orgId, randomUUID()].map((id) =>
        api.call('GET', `/api/v1/organizations/${id}`, { as }),
      ),
    );
    const { instance: _i, correlationId: _c, ...told } = theirs!.body;
    expect(nothing!.body).toMatchObject(told);
    expect(theirs!.status).toBe(nothing!.status);
  });
});

describe('deleting', () => {
  const removing = (target: MadeOrganization, as: { orgId: string; scope: string }) =>
    api.call('DELETE', `/api/v1/organizations/${target.orgId}`, {
      body: { reason: 'left' },
      as: { orgId: as.orgId, permissions: [{ p: 'organization.delete', s: as.scope }] },
    });

  test('needs the permission where the organization is', async () => {
    const target = await place(child);
    const { orgId } = parent;
    expect((await removing(target, { orgId, scope: sibling.path })).status).toBe(403);
    expect((await removing(target, { orgId, scope: `${target.path}.below` })).status).toBe(403);
    expect((await removing(target, { orgId, scope: child.path })).status).toBe(202);
  });

  test('is not told apart from nothing by a stranger who has the permission', async () => {
    const target = await place(child);
    const stranger = { orgId: sibling.orgId, scope: target.path };
    expect((await removing(target, stranger)).status).toBe(404);
  });
});

describe('a parent named in a request', () => {
  const below = (orgId: string, of: MadeOrganization) => {
    const request = bootstrapRequest();
    const body = { ...request, orgData: { ...request.orgData, parentOrgId: orgId } };
    return api.call('POST', BOOTSTRAP_PATH, { body, as: { orgId: of.orgId, sub: randomUUID() } });
  };

  test('is accepted when it is the caller’s, and the new one is seen from there', async () => {
    const { status, body } = await below(child.orgId, parent);
    expect(status).toBe(202);
    const request = { orgId: body.organizationId };
    expect(await reading(request, parent)).toBe(200);
    expect(await reading(request, child)).toBe(200);
    expect(await reading(request, sibling)).toBe(404);
  });

  test('is not accepted when it is somebody else’s, is not there, or is not active', async () => {
    expect((await below(child.orgId, sibling)).status).toBe(422);
    expect((await below(randomUUID(), sibling)).status).toBe(422);
    const { body } = await below(sibling.orgId, sibling);
    expect((await below(body.organizationId, sibling)).status).toBe(409);
  });
});
