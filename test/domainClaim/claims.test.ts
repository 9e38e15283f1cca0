import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type DomainVerificationState,
  domainVerificationWorkflowId,
} from '#domainClaim/contract.ts';
import { challengeNameOf, challengeValueOf } from '#domainClaim/rules.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { newEvent } from '#support/history/events.ts';
import { ownDomain } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { activeOrganization, type SsoOrganization } from '#support/runs/ssoOrganizations.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const bench = useSsoBench();
useWorker(bench.onboarding);

const claim = ({ orgId, as }: SsoOrganization, domain: string) =>
  bench.api.call('POST', `/api/v1/organizations/${orgId}/domains`, { body: { domain }, as });
const list = async ({ orgId, as }: SsoOrganization) =>
  (await bench.api.call('GET', `/api/v1/organizations/${orgId}/domains`, { as })).body.domains;
const publish = (name: string, value: string) =>
  bench.onboarding.dns.set(`${name}=${value}`, [{ name, type: 'TXT', value }]);
const resultOf = (workflowId: string): Promise<DomainVerificationState> =>
  bench.onboarding.client.workflow.getHandle(workflowId).result();
const newDomain = () => `d${randomUUID().slice(0, 8)}.example.net`;

describe('a claimed domain', () => {
  test('is verified once its record is seen by a quorum', async () => {
    const organization = await activeOrganization(bench);
    const domain = newDomain();
    const answer = await claim(organization, domain.toUpperCase());
    expect(answer).toMatchObject({
      status: 202,
      body: {
        domain,
        status: 'pending',
        challenge: { type: 'TXT', name: challengeNameOf(domain) },
      },
    });
    await expect.poll(() => list(organization)).toMatchObject([{ domain, status: 'pending' }]);
    const { challenge, workflowId } = answer.body;
    publish(challenge.name, challenge.value);
    expect(await resultOf(workflowId)).toMatchObject({
      status: 'verified',
      lastCheck: { verified: true, quorum: 2 },
    });
    expect(await list(organization)).toMatchObject([{ domain, status: 'verified', challenge }]);
    expect(await bench.onboarding.eventTypesOf(workflowId)).toEqual([
      'organization.domain.claimed',
      'organization.domain.verified',
    ]);
  });

  test('is refused of an organization that is not active, in words about domains', async () => {
    const organization = await activeOrganization(bench);
    const deactivated = newEvent('organization.deactivated', organization.orgId, {
      deactivated_at: '2026-01-02T00:00:00.000Z',
      reason: 'test',
    });
    await createEventStore(bench.onboarding.database.pool).append(deactivated);
    expect(await claim(organization, newDomain())).toMatchObject({
      status: 409,
      body: {
        type: 'urn:a4c:problem:not-active',
        title: 'Only an active organization can claim domains',
      },
    });
  });

  test('asked for again, gives the same record to publish', async () => {
    const organization = await activeOrganization(bench);
    const domain = newDomain();
    const first = await claim(organization, domain);
    await expect.poll(() => list(organization)).toHaveLength(1);
    const again = await claim(organization, domain);
    expect(again).toMatchObject({ status: 200, body: { challenge: first.body.challenge } });
    publish(first.body.challenge.name, first.body.challenge.value);
    await resultOf(first.body.workflowId);
    expect(await claim(organization, domain)).toMatchObject({
      status: 200,
      body: { status: 'verified' },
    });
    expect(await list(organization)).toHaveLength(1);
  });

  test('is not verified by another organization’s record, or by one resolver alone', async () => {
    const organization = await activeOrganization(bench);
    const domain = newDomain();
    const { body } = await claim(organization, domain);
    const { dns, client } = bench.onboarding;
    publish(body.challenge.name, challengeValueOf('of another organization'));
    const handle = client.workflow.getHandle(body.workflowId);
    const state = () => handle.query<DomainVerificationState>('getState');
    await expect.poll(async () => (await state()).lastCheck?.answers[0]?.verdict).toBe('mismatch');
    for (const index of [0, 1]) dns.fault(index, 'nxdomain');
    publish(body.challenge.name, body.challenge.value);
    const { attempts } = await state();
    await expect.poll(async () => (await state()).attempts).toBeGreaterThan(attempts + 1);
    expect(await state()).toMatchObject({ status: 'pending', lastCheck: { agreeing: 1 } });
    for (const index of [0, 1]) dns.fault(index, 'none');
    expect(await resultOf(body.workflowId)).toMatchObject({ status: 'verified' });
  });

  test('belongs to the first of two that proves it', async () => {
    const domain = newDomain();
    const first = await activeOrganization(bench);
    const second = await activeOrganization(bench);
    const [one, two] = [await claim(first, domain), await claim(second, domain)];
    publish(one.body.challenge.name, one.body.challenge.value);
    expect(await resultOf(one.body.workflowId)).toMatchObject({ status: 'verified' });
    publish(two.body.challenge.name, two.body.challenge.value);
    expect(await resultOf(two.body.workflowId)).toMatchObject({ status: 'rejected' });
    expect(await list(second)).toMatchObject([{ domain, status: 'rejected', reason: 'taken' }]);
    expect(await list(first)).toMatchObject([{ domain, status: 'verified' }]);
  });

  test('is rejected when its time is over, and may be claimed again', async () => {
    const organization = await activeOrganization(bench);
    const domain = newDomain();
    const { client, taskQueue } = bench.onboarding;
    const workflowId = domainVerificationWorkflowId(organization.orgId, domain);
    const state = await client.workflow.execute('DomainVerificationWorkflow', {
      taskQueue: `users-${taskQueue}`,
      workflowId,
      args: [
        {
          organizationId: organization.orgId,
          claimId: randomUUID(),
          domain,
          challenge: 'never published',
          origin: { requestedAt: new Date().toISOString() },
          timing: { limitMs: 1500, backoffMs: [100] },
        },
      ],
    });
    expect(state).toMatchObject({ status: 'rejected' });
    expect((state as DomainVerificationState).attempts).toBeGreaterThan(1);
    expect(await list(organization)).toMatchObject([
      { status: 'rejected', reason: 'not_proved_in_time' },
    ]);
    expect(await claim(organization, domain)).toMatchObject({ status: 202 });
  });
});

describe('refused are', () => {
  test.each([
    ['consumer domains', 'Gmail.com', 422, 'domain-refused'],
    ['the platform’s own', 'clinic.example.com', 422, 'domain-refused'],
    ['what is no domain', 'localhost', 422, 'domain-refused'],
    ['addresses', 'ada@example.net', 400, 'invalid-request'],
    ['IP addresses', '192.0.2.1', 422, 'domain-refused'],
  ])('%s', async (_case, domain, status, problem) => {
    const organization = await activeOrganization(bench);
    const answer = await claim(organization, domain);
    expectProblem(answer, status, problem);
    expect(await list(organization)).toEqual([]);
  });

  test('domains of another organization', async () => {
    const owner = await activeOrganization(bench);
    const domain = newDomain();
    await ownDomain(bench.onboarding.database.pool, owner.orgId, domain);
    const answer = await claim(await activeOrganization(bench), domain);
    expectProblem(answer, 409, 'domain-taken');
  });

  test('callers without the permission, and strangers', async () => {
    const organization = await activeOrganization(bench);
    const nothing = { ...organization, as: { ...organization.as, permissions: [] } };
    expect((await claim(nothing, newDomain())).status).toBe(403);
    const stranger = { ...organization, as: { ...organization.as, orgId: randomUUID() } };
    expect((await claim(stranger, newDomain())).status).toBe(404);
  });
});

test('international names are claimed in their ASCII form', async () => {
  const organization = await activeOrganization(bench);
  const answer = await claim(organization, 'Bücher.example.net');
  expect(answer.body.domain).toBe('xn--bcher-kva.example.net');
});
