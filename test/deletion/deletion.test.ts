/** Nothing of a deleted organization takes effect, whatever was under way when it was deleted. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import {
  deletionWorkflowId,
  ORGANIZATION_DELETION,
  type OrganizationDeletionParams,
} from '#deletion/contract.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { newEvent } from '#support/history/events.ts';
import {
  type MadeOrganization,
  makeActiveOrganization,
  ownDomain,
} from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { waitedMs } from '#support/runs/bootstrapRuns.ts';
import { person, tokenIn } from '#support/runs/invitationRuns.ts';
import { organizationWithDomain } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest } from '#support/stack/api.ts';
import { FAST, startBootstrap } from '#support/stack/onboarding.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const bench = useSsoBench({ PUBLIC_RATE_LIMIT_PER_MINUTE: '10000' });
useWorker(bench.onboarding);
const sso = ssoRuns(bench);

const active = (above?: MadeOrganization) => {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const below = above && { parent_org_id: above.orgId, path: `${above.path}.${slug}` };
  return makeActiveOrganization(bench.onboarding.database.pool, { slug, ...below });
};
const call = (method: string, orgId: string, path = '', body?: object) =>
  bench.api.call(method, `/api/v1/organizations/${orgId}${path}`, {
    as: ADMIN,
    ...(body && { body }),
  });
const remove = (orgId: string, more = {}) => call('DELETE', orgId, '', { reason: 'left', ...more });
const deletionOf = (orgId: string) =>
  bench.onboarding.client.workflow.getHandle(deletionWorkflowId(orgId));
const statusOf = async (orgId: string) =>
  (await bench.onboarding.readModels.organization(orgId))?.status;

async function removed(orgId: string, more = {}): Promise<void> {
  expect(await remove(orgId, more)).toMatchObject({ status: 202 });
  await deletionOf(orgId).result();
  expect(await statusOf(orgId)).toBe('deactivated');
}

/** Runs of the organization that the store takes for open. */
async function openRuns(orgId: string): Promise<string[]> {
  const { rows } = await bench.onboarding.owner.query(
    'SELECT workflow_id FROM workflow_runs_projection WHERE org_id = $1 AND closed_at IS NULL',
    [orgId],
  );
  return rows.map(({ workflow_id }) => workflow_id);
}

async function blockedStreams(): Promise<number> {
  const { rows } = await bench.onboarding.owner.query(
    'SELECT count(*)::int FROM event_streams WHERE blocked_at_version IS NOT NULL',
  );
  return rows[0].count;
}

describe('invitations', () => {
  test('of one that is deleted a moment later are all over, and none is accepted', async () => {
    const { orgId } = await active();
    const people = Array.from({ length: 60 }, () => person());
    const invited = call('POST', orgId, '/invitations', { invitations: people });
    await expect
      .poll(async () => (await bench.onboarding.readModels.invitationsOf(orgId)).length)
      .toBeGreaterThan(5);
    await removed(orgId);
    const { accepted } = (await invited).body;
    const runs = accepted.map(({ workflowId }: { workflowId: string }) =>
      bench.onboarding.client.workflow
        .getHandle(workflowId)
        .result()
        .catch(() => 'refused'),
    );
    await Promise.all(runs);
    const invitations = await bench.onboarding.readModels.invitationsOf(orgId);
    expect(invitations.filter(({ status }) => status !== 'revoked')).toEqual([]);
    expect(await openRuns(orgId)).toEqual([]);
    expect(await blockedStreams()).toBe(0);
    const mail = bench.onboarding.mailsTo(invitations[0]!.email)[0];
    const path = `/api/v1/invitations/${tokenIn(mail?.text)}/accept`;
    expect((await bench.api.call('POST', path, { body: {} })).status).toBeGreaterThan(400);
  });

  test('whose runs were terminated do not hold the deletion up', async () => {
    const { orgId } = await active();
    const { body } = await call('POST', orgId, '/invitations', { invitations: [person()] });
    await expect
      .poll(() => bench.onboarding.readModels.invitationsOf(orgId))
      .toMatchObject([{ emailStatus: 'sent' }]);
    await bench.onboarding.client.workflow.getHandle(body.accepted[0].workflowId).terminate();
    await removed(orgId);
    const [invitation] = await bench.onboarding.readModels.invitationsOf(orgId);
    expect(invitation).toMatchObject({ status: 'revoked' });
    expect(await openRuns(orgId)).toEqual([]);
  });
});

describe('single sign-on', () => {
  test('that is being configured is cancelled, and no provider stays', async () => {
    const organization = await organizationWithDomain(bench);
    await sso.begin(organization);
    await sso.testLinkFor(organization.requester);
    expect(sso.providersOf(organization)).toHaveLength(1);
    await removed(organization.orgId);
    expect(sso.providersOf(organization)).toEqual([]);
    expect(await bench.configurations.latest(organization.orgId)).toMatchObject({
      status: 'cancelled',
    });
    await expect(sso.handleOf(organization).result()).rejects.toThrow();
    expect(await openRuns(organization.orgId)).toEqual([]);
  });

  test('that was active and is being changed: the former provider does not come back', async () => {
    const organization = await organizationWithDomain(bench);
    await sso.configured(organization);
    await sso.begin(organization);
    await sso.testLinkFor(organization.requester, 1);
    await removed(organization.orgId);
    expect(sso.providersOf(organization)).toEqual([]);
    expect(await bench.configurations.active(organization.orgId)).toBeUndefined();
  });
});

describe('domains', () => {
  const domainsOf = async (orgId: string) =>
    (await call('GET', orgId, '/domains')).body.domains.map(
      ({ status, reason }: { status: string; reason: string }) => [status, reason],
    );

  test('are given back: another organization proves the same one', async () => {
    const { orgId } = await active();
    const domain = `d${randomUUID().slice(0, 8)}.example.net`;
    await ownDomain(bench.onboarding.database.pool, orgId, domain);
    await removed(orgId);
    expect(await domainsOf(orgId)).toEqual([['released', 'left']]);
    const other = await active();
    const { status, body } = await call('POST', other.orgId, '/domains', { domain });
    expect(status).toBe(202);
    const { name, value } = body.challenge;
    bench.onboarding.dns.set(domain, [{ name, type: 'TXT', value }]);
    await expect.poll(() => domainsOf(other.orgId)).toEqual([['verified', null]]);
  });

  test('that are being claimed are rejected, and proved no more', async () => {
    const { orgId } = await active();
    const domain = `d${randomUUID().slice(0, 8)}.example.net`;
    const { body } = await call('POST', orgId, '/domains', { domain });
    await expect.poll(() => domainsOf(orgId)).toEqual([['pending', null]]);
    await removed(orgId);
    const { name, value } = body.challenge;
    bench.onboarding.dns.set(domain, [{ name, type: 'TXT', value }]);
    expect(await domainsOf(orgId)).toEqual([['rejected', 'organization_ended']]);
    const run = bench.onboarding.client.workflow.getHandle(body.workflowId);
    expect((await run.describe()).status.name).toBe('CANCELLED');
    expect(await openRuns(orgId)).toEqual([]);
  });
});

describe('organizations below', () => {
  test('hold the deletion up, with their number, unless they are deleted with it', async () => {
    const parent = await active();
    const child = await active(parent);
    const grandchild = await active(child);
    const refused = await remove(parent.orgId);
    expectProblem(refused, 409, 'has-children');
    expect(refused.body.detail).toContain('There are 2.');
    expect(await statusOf(parent.orgId)).toBe('active');
    await removed(parent.orgId, { cascade: true });
    expect(await statusOf(child.orgId)).toBe('deactivated');
    expect(await statusOf(grandchild.orgId)).toBe('deactivated');
    expect(await blockedStreams()).toBe(0);
  });

  test('that are being set up are cancelled and undone with it', async () => {
    const parent = await active();
    for (const index of [0, 1]) bench.onboarding.dns.fault(index, 'nxdomain');
    const request = bootstrapRequest();
    const { body } = await bench.api.call('POST', BOOTSTRAP_PATH, {
      as: ADMIN,
      body: { ...request, orgData: { ...request.orgData, parentOrgId: parent.orgId } },
    });
    await expect
      .poll(() => bench.onboarding.cloudflare.zone.list().map(({ name }) => name))
      .toContain(`${request.subdomain}.example.com`);
    expectProblem(await remove(body.organizationId), 409, 'not-active');
    await removed(parent.orgId, { cascade: true });
    bench.onboarding.heal();
    expect(await statusOf(body.organizationId)).toBe('deactivated');
    const names = bench.onboarding.cloudflare.zone.list().map(({ name }) => name);
    expect(names).not.toContain(`${request.subdomain}.example.com`);
    const run = bench.onboarding.client.workflow.getHandle(body.workflowId);
    expect((await run.describe()).status.name).toBe('CANCELLED');
    expect(await openRuns(body.organizationId)).toEqual([]);
    expect(await blockedStreams()).toBe(0);
  });

  test('that see the refusal before their cancellation are cancelled, too', async () => {
    for (const index of [0, 1]) bench.onboarding.dns.fault(index, 'nxdomain');
    const { orgId, fqdn, handle, state, eventTypes } = await startBootstrap(bench.onboarding, {
      timing: { verificationLimitMs: 60_000 },
    });
    await expect.poll(async () => (await state()).dns.attempts).toBeGreaterThan(0);
    const initiated = newEvent('organization.deletion.initiated', orgId, { reason: 'left' });
    await createEventStore(bench.onboarding.database.pool).append(initiated);
    await expect
      .poll(async () => (await state()).errors)
      .toEqual(['the bootstrap is being undone']);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    bench.onboarding.heal();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect((await eventTypes()).at(-1)).toBe('organization.bootstrap.cancelled');
    const names = bench.onboarding.cloudflare.zone.list().map(({ name }) => name);
    expect(names).not.toContain(fqdn);
  });

  test('are not requested below one that is being deleted', async () => {
    const parent = await active();
    await removed(parent.orgId);
    const request = bootstrapRequest();
    const answer = await bench.api.call('POST', BOOTSTRAP_PATH, {
      as: ADMIN,
      body: { ...request, orgData: { ...request.orgData, parentOrgId: parent.orgId } },
    });
    expectProblem(answer, 409, 'not-active');
  });
});

test('a deletion waits for a provider that is away beyond the limit of failures', async () => {
  const organization = await organizationWithDomain(bench);
  const { orgId } = organization;
  await sso.configured(organization);
  bench.onboarding.supabase.sso.fail({ method: 'DELETE', status: 503, times: 999 });
  const limitMs = 500;
  const params: OrganizationDeletionParams = {
    organizationId: orgId,
    reason: 'left',
    origin: { requestedAt: new Date().toISOString(), source: 'api' },
    timing: { ...FAST, compensationLimitMs: limitMs },
  };
  const { client, taskQueue } = bench.onboarding;
  const workflowId = deletionWorkflowId(orgId);
  const handle = await client.workflow.start(ORGANIZATION_DELETION, {
    workflowId,
    taskQueue,
    args: [params],
  });
  await expect.poll(() => waitedMs(handle)).toBeGreaterThan(2 * limitMs);
  expect(await statusOf(orgId)).toBe('deleting');
  bench.onboarding.supabase.sso.clearFaults();
  await handle.result();
  expect(await statusOf(orgId)).toBe('deactivated');
  expect(sso.providersOf(organization)).toEqual([]);
});

test('a deletion that failed is asked for again, and ends', async () => {
  const { orgId } = await active();
  const handle = deletionOf(orgId);
  bench.onboarding.supabase.sso.fail({ method: 'GET', status: 503, times: 1 });
  await remove(orgId);
  await handle.terminate();
  await vi.waitFor(async () => expect((await remove(orgId)).status).toBe(202));
  await handle.result();
  expect(await statusOf(orgId)).toBe('deactivated');
  expectProblem(await remove(orgId), 409, 'not-active');
});
