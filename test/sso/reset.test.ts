/** Runs on single sign-on and domains that are reset or gone: nothing that is in use changes. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { ssoDeactivationWorkflowId } from '#sso/contract.ts';
import { reset, resetPoints } from '#support/runs/resets.ts';
import { organizationWithDomain, type SsoOrganization } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { startApi } from '#support/stack/api.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const bench = useSsoBench();
useWorker(bench.onboarding);
const runs = ssoRuns(bench);

/** What can be seen of an organization's single sign-on from outside. */
async function seenOf(organization: SsoOrganization) {
  const { orgId, requester, admin } = organization;
  const mails = [requester, admin].flatMap((address) => bench.onboarding.mailsTo(address));
  return {
    latest: await bench.configurations.latest(orgId),
    active: await bench.configurations.active(orgId),
    providers: structuredClone(runs.providersOf(organization)),
    // News of the end may come twice, as one mail: with the same Message-ID.
    mails: [...new Set(mails.map(({ messageId }) => messageId))].sort(),
    events: await runs.eventsOf(organization),
  };
}

/** Resets a run to each of its tasks. @param nudge ends one that waits again. */
async function resetEverywhere(
  handle: WorkflowHandle,
  nudge: (again: WorkflowHandle) => Promise<unknown> = async () => {},
): Promise<unknown[]> {
  const { client } = bench.onboarding;
  const { workflowId, runId } = await handle.describe();
  const ends: unknown[] = [];
  for (const point of await resetPoints(client.workflow.getHandle(workflowId, runId))) {
    const again = await reset(client, { workflowId, runId }, point);
    await nudge(again).catch(() => {});
    ends.push(await again.result().catch(() => 'failed'));
  }
  expect(ends.length).toBeGreaterThan(0);
  return ends;
}

const remove = ({ orgId, as }: SsoOrganization) =>
  bench.api.call('DELETE', `/api/v1/organizations/${orgId}/sso`, {
    as,
    body: { reason: 'we leave' },
  });

describe('a closed configuration, reset to every workflow task,', () => {
  test('that is active ends as before and stays active', async () => {
    const organization = await organizationWithDomain(bench);
    const result = await runs.configured(organization);
    const before = await seenOf(organization);
    const ends = await resetEverywhere(runs.handleOf(organization));
    expect(ends).toEqual(ends.map(() => result));
    expect(await seenOf(organization)).toEqual(before);
  });

  test('that failed fails, and a later one stays active', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization);
    const link = await runs.testLinkFor(organization.requester);
    await runs.logIn(link, 'ada@elsewhere.example');
    await expect(runs.handleOf(organization).result()).rejects.toThrow();
    const { runId } = await runs.handleOf(organization).describe();
    await runs.configured(organization, {}, 1);
    const before = await seenOf(organization);
    expect(before.active).toBeDefined();
    const { client } = bench.onboarding;
    const first = client.workflow.getHandle(runs.handleOf(organization).workflowId, runId);
    const ends = await resetEverywhere(first);
    expect(ends).toEqual(ends.map(() => 'failed'));
    expect(await seenOf(organization)).toEqual(before);
  });

  test('that was cancelled fails, and takes up nothing', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization);
    await runs.testLinkFor(organization.requester);
    await remove(organization);
    await expect(runs.handleOf(organization).result()).rejects.toThrow();
    const before = await seenOf(organization);
    const ends = await resetEverywhere(runs.handleOf(organization), (again) => again.cancel());
    expect(ends).toEqual(ends.map(() => 'failed'));
    expect(await seenOf(organization)).toEqual(before);
  });
});

test('an open configuration that was reset to each of its tasks is tested and activated', async () => {
  const organization = await organizationWithDomain(bench);
  await runs.begin(organization);
  const link = await runs.testLinkFor(organization.requester);
  const { client } = bench.onboarding;
  const { workflowId, runId } = await runs.handleOf(organization).describe();
  const isWaiting = async () => {
    const state = await runs.handleOf(organization).query<{ waitingForTest: boolean }>('getState');
    return state.waitingForTest;
  };
  await expect.poll(isWaiting).toBe(true);
  for (const point of await resetPoints(client.workflow.getHandle(workflowId, runId))) {
    await reset(client, { workflowId, runId }, point);
    await expect.poll(() => isWaiting().catch(() => false)).toBe(true);
  }
  expect((await runs.logIn(link, `ada@${organization.domain}`)).status).toBe(202);
  await runs.handleOf(organization).result();
  expect(runs.providersOf(organization)).toHaveLength(1);
  expect((await seenOf(organization)).active).toMatchObject({ status: 'active' });
});

test('a deactivation that is reset does not end what was configured after it', async () => {
  const organization = await organizationWithDomain(bench);
  await runs.configured(organization);
  await remove(organization);
  const { client } = bench.onboarding;
  const deactivation = client.workflow.getHandle(ssoDeactivationWorkflowId(organization.orgId));
  expect(await deactivation.result()).toBe(true);
  await runs.configured(organization, {}, 1);
  const before = await seenOf(organization);
  await resetEverywhere(deactivation);
  expect(await seenOf(organization)).toEqual(before);
});

describe('a reconciler', () => {
  async function whileReconciling(work: () => Promise<void>): Promise<void> {
    const reconciling = await startApi(bench.onboarding, {
      RECONCILE_INTERVAL_SECONDS: '0.2',
      RECONCILE_AFTER_SECONDS: '0',
      DOMAIN_VERIFICATION_LIMIT_SECONDS: '60',
      DOMAIN_VERIFICATION_BACKOFF_SECONDS: '0.1',
    });
    try {
      await work();
    } finally {
      await reconciling.stop();
    }
  }

  test('ends a configuration whose run was terminated, and removes its provider', async () => {
    const organization = await organizationWithDomain(bench);
    await runs.begin(organization);
    await runs.testLinkFor(organization.requester);
    await runs.handleOf(organization).terminate();
    await whileReconciling(async () => {
      const latest = () => bench.configurations.latest(organization.orgId);
      await expect.poll(latest).toMatchObject({ status: 'failed', failureType: 'RunLost' });
      await expect.poll(() => runs.providersOf(organization)).toEqual([]);
    });
    await runs.configured(organization, {}, 1);
  });

  test('goes on with a claim whose run was terminated', async () => {
    const { orgId, as } = await organizationWithDomain(bench);
    const domain = `d${randomUUID().slice(0, 8)}.example.net`;
    const path = `/api/v1/organizations/${orgId}/domains`;
    const { body } = await bench.api.call('POST', path, { body: { domain }, as });
    const claims = async () => (await bench.api.call('GET', path, { as })).body.domains;
    await expect.poll(async () => (await claims()).length).toBe(2);
    const { client, dns } = bench.onboarding;
    await client.workflow.getHandle(body.workflowId).terminate();
    const { name, value } = body.challenge;
    dns.set(`${name}=${value}`, [{ name, type: 'TXT', value }]);
    await whileReconciling(async () => {
      await expect
        .poll(claims)
        .toContainEqual(expect.objectContaining({ domain, status: 'verified' }));
    });
    expect(await bench.onboarding.eventTypesOf(body.workflowId)).toEqual([
      'organization.domain.claimed',
      'organization.domain.verified',
    ]);
    // The record may go once the domain is proved: a reset does not take it for lost.
    dns.set(`${name}=${value}`, []);
    const ends = await resetEverywhere(client.workflow.getHandle(body.workflowId));
    expect(ends).toEqual(ends.map(() => expect.objectContaining({ status: 'verified' })));
    expect(await claims()).toContainEqual(expect.objectContaining({ domain, status: 'verified' }));
  });
});
