/** Who sees and may do what, over a tree of organizations. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { created, newEvent } from '#support/history/events.ts';
import { bootstrapRequest, startApi, type TestApi } from '#support/stack/api.ts';
import { type Onboarding, startOnboarding } from '#support/stack/onboarding.ts';

const ROUTE = '/api/v1/workflows/organization-bootstrap';

interface Placed {
  orgId: string;
  path: string;
}

let onboarding: Onboarding;
let api: TestApi;
let parent: Placed;
let child: Placed;
let grandchild: Placed;
let sibling: Placed;

/** An active organization below another, or a root. */
async function place(above?: Placed): Promise<Placed> {
  const orgId = randomUUID();
  const slug = `s${orgId.slice(0, 8)}`;
  const path = above ? `${above.path}.${slug}` : slug;
  const store = createEventStore(onboarding.database.pool);
  const data = created(slug, { path, parent_org_id: above?.orgId ?? null });
  await store.append(newEvent('organization.created', orgId, data));
  const activated = { activated_at: new Date().toISOString(), invitations_sent: 1 };
  await store.append(newEvent('organization.activated', orgId, activated));
  return { orgId, path };
}

beforeAll(async () => {
  onboarding = await startOnboarding();
  api = await startApi(onboarding);
  parent = await place();
  child = await place(parent);
  grandchild = await place(child);
  sibling = await place(parent);
});
afterAll(async () => {
  await api.stop();
  await onboarding.stop();
});

/** Status of reading an organization as somebody of another one. */
const reading = async (target: Placed, of: Placed) =>
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
    const as = { permissions: [{ p: 'platform.admin', s: '' }] };
    expect((await api.call('GET', path, { as })).status).toBe(200);
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
  const removing = (target: Placed, as: { orgId: string; scope: string }) =>
    api.call('DELETE', `/api/v1/organizations/${target.orgId}`, {
      body: { reason: 'left' },
      as: { orgId: as.orgId, permissions: [{ p: 'organization.delete', s: as.scope }] },
    });

  test('needs the permission where the organization is', async () => {
    const target = await place(child);
    const { orgId } = parent;
    expect((await removing(target, { orgId, scope: sibling.path })).status).toBe(403);
    expect((await removing(target, { orgId, scope: '' })).status).toBe(403);
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
  const below = (orgId: string, of: Placed) => {
    const request = bootstrapRequest();
    const body = { ...request, orgData: { ...request.orgData, parentOrgId: orgId } };
    return api.call('POST', ROUTE, { body, as: { orgId: of.orgId, sub: randomUUID() } });
  };

  test('is accepted when it is the caller’s, and the new one is seen from there', async () => {
    const { status, body } = await below(child.orgId, parent);
    expect(status).toBe(202);
    const request = { orgId: body.organizationId, path: '' };
    expect(await reading(request, parent)).toBe(200);
    expect(await reading(request, child)).toBe(200);
    expect(await reading(request, sibling)).toBe(404);
  });

  test('is not accepted when it is somebody else’s, is not there, or is not active', async () => {
    expect((await below(child.orgId, sibling)).status).toBe(422);
    expect((await below(randomUUID(), sibling)).status).toBe(422);
    const { body } = await below(sibling.orgId, sibling);
    expect((await below(body.organizationId, sibling)).status).toBe(422);
  });
});
