/** A tree of organizations in every state, and every kind of caller about it. */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { TokenClaims, TokenPermission } from '#dev/loopback/tokenClaims.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import type { OrganizationStatus } from '#organization/life.ts';
import { initiated, newEvent } from '#support/history/events.ts';
import { type MadeOrganization, makeActiveOrganization } from '#support/history/organizations.ts';

export interface Node extends MadeOrganization {
  parent: Node | undefined;
  status: OrganizationStatus;
  /** Who asked for it. */
  requestedBy: string;
}

export type NodeName = (typeof NODES)[number];
export type Tree = Record<NodeName, Node>;

/** The states in the middle are of organizations below `own`; `gone` is deactivated with its people. */
export const NODES = [
  'own',
  'above',
  'below',
  'foreign',
  'ended',
  'leaving',
  'broken',
  'requested',
  'gone',
] as const;

/** Of a run that the read models know, and Temporal does not. */
const ofRun = (orgId: string) => ({
  timestamp: new Date().toISOString(),
  workflow_id: bootstrapWorkflowId(orgId),
});

async function active(pool: Pool, parent?: Node): Promise<Node> {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const path = parent ? `${parent.path}.${slug}` : slug;
  const parent_org_id = parent?.orgId ?? null;
  const made = await makeActiveOrganization(pool, { slug, path, parent_org_id });
  const ended = newEvent('organization.bootstrap.completed', made.orgId, {});
  await createEventStore(pool).append({ ...ended, eventMetadata: ofRun(made.orgId) });
  return { ...made, parent, status: 'active', requestedBy: randomUUID() };
}

async function deactivated(pool: Pool, parent?: Node): Promise<Node> {
  const node = await active(pool, parent);
  const data = { deactivated_at: new Date().toISOString(), reason: 'test' };
  await createEventStore(pool).append(newEvent('organization.deactivated', node.orgId, data));
  return { ...node, status: 'deactivated' };
}

async function deleting(pool: Pool, parent: Node): Promise<Node> {
  const node = await active(pool, parent);
  const event = newEvent('organization.deletion.initiated', node.orgId, { reason: 'test' });
  await createEventStore(pool).append(event);
  return { ...node, status: 'deleting' };
}

/** Its bootstrap has failed before it was created. */
async function failed(pool: Pool, parent: Node): Promise<Node> {
  const node = await requested(pool, parent);
  const failure_stage = 'organization_creation' as const;
  const event = newEvent('organization.bootstrap.failed', node.orgId, { failure_stage });
  await createEventStore(pool).append(event);
  return { ...node, status: 'failed' };
}

/** Requested, and not created yet: it has no path. */
async function requested(pool: Pool, parent: Node): Promise<Node> {
  const orgId = randomUUID();
  const slug = `s${orgId.slice(0, 8)}`;
  const requestedBy = randomUUID();
  const params = { orgData: { parentOrgId: parent.orgId } } as never;
  const event = newEvent('organization.bootstrap.initiated', orgId, { ...initiated(slug), params });
  const eventMetadata = { ...ofRun(orgId), user_id: requestedBy };
  await createEventStore(pool).append({ ...event, eventMetadata });
  return { orgId, slug, path: parent.path, parent, status: 'pending', requestedBy };
}

export async function plantTree(pool: Pool): Promise<Tree> {
  const above = await active(pool);
  const own = await active(pool, above);
  return {
    above,
    own,
    below: await active(pool, own),
    foreign: await active(pool),
    ended: await deactivated(pool, own),
    leaving: await deleting(pool, own),
    broken: await failed(pool, own),
    requested: await requested(pool, own),
    gone: await deactivated(pool),
  };
}

export interface Person extends TokenClaims {
  name: string;
  permissions: TokenPermission[];
  /** What an authorization header is that is no token of ours. */
  header?: string;
}

const ADMIN = 'platform.admin';

/** Callers with a valid token. @param permissions all that the document names. */
export function peopleOf(tree: Tree, permissions: readonly string[]): Person[] {
  const { own, above, below, foreign, gone, requested: asked } = tree;
  const person = (name: string, of: Node | undefined, held: TokenPermission[]): Person => ({
    name,
    sub: randomUUID(),
    ...(of && { orgId: of.orgId }),
    permissions: held,
  });
  const all = (s: string) => permissions.map((p) => ({ p, s }));
  /** Holds nothing: its token names permissions without saying where. */
  const unplaced = (name: string, written: (p: string) => object): Person => ({
    ...person(name, own, []),
    extra: { effective_permissions: [...permissions, ADMIN].map(written) },
  });
  const scopes = {
    own: own.path,
    above: above.path,
    below: below.path,
    foreign: foreign.path,
    none: '',
    'a longer name': `${own.path}x`,
    'a shorter name': own.path.slice(0, -1),
    'another case': own.path.toUpperCase(),
  };
  const scoped = [...permissions, ADMIN].flatMap((p) =>
    Object.entries(scopes)
      // Without a scope it is no member's: it has a line of its own below.
      .filter(([scope]) => p !== ADMIN || scope !== 'none')
      .map(([scope, s]) => person(`own member with ${p} over ${scope}`, own, [{ p, s }])),
  );
  return [
    person('own member without permissions', own, []),
    ...scoped,
    person('own member with all over own', own, all(own.path)),
    person('parent’s member with all over the parent', above, all(above.path)),
    person('child’s member with all over the parent', below, all(above.path)),
    person('foreign member without permissions', foreign, []),
    person('foreign member with all over own', foreign, all(own.path)),
    person('foreign member with all without a scope', foreign, all('')),
    person('foreign member with platform.admin over own', foreign, [{ p: ADMIN, s: own.path }]),
    person('member of a deactivated organization with all over it', gone, all(gone.path)),
    person('nobody’s member without permissions', undefined, []),
    person('nobody’s member with all without a scope', undefined, all('')),
    { ...person('who asked for one, without permissions', undefined, []), sub: asked.requestedBy },
    { ...person('who asked for one, with all', undefined, all('')), sub: asked.requestedBy },
    person('platform.admin without a scope', undefined, [{ p: ADMIN, s: '' }]),
    unplaced('own member with all and an absent scope', (p) => ({ p })),
    unplaced('own member with all and a null scope', (p) => ({ p, s: null })),
  ];
}

/** Seen by its own people, by those above it, by who asked for it, and by the platform's admin. */
export function sees({ sub, orgId, permissions }: Person, node: Node): boolean {
  if (permissions.some(({ p, s }) => p === ADMIN && s === '')) return true;
  if (node.requestedBy === sub) return true;
  for (let at: Node | undefined = node; at; at = at.parent) if (at.orgId === orgId) return true;
  return false;
}

/** One of the permissions is held at the path or above it. */
export const holds = ({ permissions }: Person, needs: readonly string[], path: string): boolean =>
  permissions.some(({ p, s }) => {
    const covers = s === '' || `${path}.`.startsWith(`${s}.`);
    return covers && (p === ADMIN || needs.includes(p));
  });

export const holdsAnywhere = ({ permissions }: Person, needs: readonly string[]): boolean =>
  permissions.some(({ p }) => p === ADMIN || needs.includes(p));
