import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { expectProblem } from '#support/http/problems.ts';
import { BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const DELETER = (path: string) => ({
  permissions: [
    { p: 'organization.delete', s: path },
    { p: 'platform.admin', s: '' },
  ],
});

const onboarding = useOnboarding();
const api = useApi(onboarding);
useWorker(onboarding);

const status = async (workflowId: string) =>
  (await api.call('GET', `/api/v1/workflows/${workflowId}`)).body;

async function bootstrap(headers = {}) {
  const { status: code, body } = await api.call('POST', BOOTSTRAP_PATH, {
    body: bootstrapRequest(),
    headers,
  });
  expect(code).toBe(202);
  return body as { workflowId: string; organizationId: string; correlationId: string };
}

async function untilStatus(workflowId: string, expected: string) {
  await expect.poll(async () => (await status(workflowId)).status).toBe(expected);
  return status(workflowId);
}

test('from the request to the last event under one correlation id', async () => {
  const headers = { 'x-correlation-id': `ui-${randomUUID()}` };
  const { workflowId, organizationId, correlationId } = await bootstrap(headers);
  const done = await untilStatus(workflowId, 'completed');
  expect(done).toMatchObject({
    organizationId,
    currentStage: null,
    error: null,
    dnsConfigured: true,
    invitationsSent: 1,
    correlationId,
    source: 'events',
  });
  expect(done.stages.map((stage: { status: string }) => stage.status)).toEqual(
    Array(7).fill('completed'),
  );

  const { body } = await api.call('GET', `/api/v1/workflows/${workflowId}/events`);
  expect(body.events.map((event: { eventType: string }) => event.eventType)).toEqual([
    'organization.bootstrap.initiated',
    'organization.created',
    'organization.subdomain.dns_created',
    'organization.subdomain.verified',
    'user.invited',
    'invitation.email.sent',
    'organization.activated',
    'organization.bootstrap.completed',
  ]);
  for (const event of body.events) {
    expect(event.eventMetadata.correlation_id).toBe(headers['x-correlation-id']);
    expect(event.eventData.token_hash).toBeUndefined();
  }
  const lineage = (await api.call('GET', `/api/v1/organizations/${organizationId}/lineage`)).body;
  expect(lineage.correlationIds).toEqual([headers['x-correlation-id']]);
  expect(lineage.runs.at(-1).activities.map((one: { activity: string }) => one.activity)).toEqual([
    'createOrganizationActivity',
    'configureDNSActivity',
    'verifyDNSActivity',
    'generateInvitationsActivity',
    'sendInvitationEmailsActivity',
    'activateOrganizationActivity',
    'recordBootstrapOutcomeActivity',
  ]);
  expect((await api.call('GET', `/api/v1/organizations/${organizationId}`)).body).toMatchObject({
    status: 'active',
    subdomainStatus: 'verified',
  });
});

describe('a run that waits for a person', () => {
  async function waiting() {
    for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
    const run = await bootstrap();
    await expect.poll(async () => (await status(run.workflowId)).waitingForPerson).toBe(true);
    for (const index of [0, 1]) onboarding.dns.fault(index, 'none');
    return run;
  }
  const signal = (workflowId: string, name: string) =>
    api.call('POST', `/api/v1/workflows/${workflowId}/signals/${name}`);

  test('says so, and goes on after skip-dns under its own correlation id', async () => {
    const { workflowId, correlationId } = await waiting();
    expect(await status(workflowId)).toMatchObject({
      status: 'running',
      currentStage: 'verify_dns',
      source: 'workflow',
    });
    expect((await signal(workflowId, 'skip-dns')).status).toBe(202);
    await untilStatus(workflowId, 'completed');
    const { body } = await api.call('GET', `/api/v1/workflows/${workflowId}/events`);
    for (const event of body.events) expect(event.eventMetadata.correlation_id).toBe(correlationId);
    expect((await signal(workflowId, 'skip-dns')).status).toBe(409);
  });

  test('retry-dns looks again, abort ends it', async () => {
    const first = await waiting();
    expect((await signal(first.workflowId, 'retry-dns')).status).toBe(202);
    await untilStatus(first.workflowId, 'completed');
    const second = await waiting();
    expect((await signal(second.workflowId, 'abort')).status).toBe(202);
    const failed = await untilStatus(second.workflowId, 'failed');
    expect(failed.error).toContain('aborted');
    expect(
      failed.stages.find((stage: { name: string }) => stage.name === 'verify_dns').status,
    ).toBe('failed');
  });

  test('can be cancelled, and compensates', async () => {
    const { workflowId, organizationId } = await waiting();
    expect((await api.call('POST', `/api/v1/workflows/${workflowId}/cancel`)).status).toBe(202);
    await untilStatus(workflowId, 'cancelled');
    expect((await api.call('GET', `/api/v1/organizations/${organizationId}`)).body).toMatchObject({
      status: 'deactivated',
      subdomainStatus: 'removed',
    });
    const again = await api.call('POST', `/api/v1/workflows/${workflowId}/cancel`);
    expectProblem(again, 409, 'not-running');
  });

  test('a decision is refused while nobody was asked, and an unknown one is not there', async () => {
    const { workflowId } = await waiting();
    const before = await onboarding.countEvents();
    for (const name of ['explode', 'constructor', 'toString', '__proto__']) {
      expect([name, (await signal(workflowId, name)).status]).toEqual([name, 404]);
    }
    expect(await onboarding.countEvents()).toBe(before);
    expect((await signal(workflowId, 'skip-dns')).status).toBe(202);
    await untilStatus(workflowId, 'completed');
  });
});

describe('DELETE an organization', () => {
  test('takes it out of service and removes its record and pending invitations', async () => {
    const { workflowId, organizationId } = await bootstrap();
    await untilStatus(workflowId, 'completed');
    const { slug, path } = (await onboarding.readModels.organization(organizationId))!;
    const url = `/api/v1/organizations/${organizationId}`;
    expect((await api.call('DELETE', url, { body: { reason: 'left' } })).status).toBe(403);
    const as = DELETER(path!);
    const { status: code, body } = await api.call('DELETE', url, { body: { reason: 'left' }, as });
    expect(code).toBe(202);
    expect(body.workflowId).toBe(`org-deletion-${organizationId}`);
    await expect
      .poll(async () => (await onboarding.readModels.organization(organizationId))?.status)
      .toBe('deactivated');
    const records = onboarding.cloudflare.zone
      .list()
      .filter(({ name }) => name.startsWith(`${slug}.`));
    expect(records).toEqual([]);
    expect(await onboarding.readModels.invitationsOf(organizationId)).toMatchObject([
      { status: 'revoked' },
    ]);
    const events = await onboarding.queries.getEventsForWorkflow(body.workflowId);
    expect(events.map(({ eventType }) => eventType)).toEqual([
      'organization.deletion.initiated',
      'organization.dns.removed',
      'organization.deactivated',
    ]);
    for (const { eventMetadata } of events)
      expect(eventMetadata.correlation_id).toBe(body.correlationId);
    const again = await api.call('DELETE', url, { body: { reason: 'left' }, as });
    expect(again.status).toBe(409);
    expect((await status(body.workflowId)).status).toBe('completed');
  });
});
