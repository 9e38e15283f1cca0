import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type EmbeddedTemporalServer, startTemporal } from '#dev/embedded/temporal.ts';
import { expectProblem } from '#support/http/problems.ts';
import { CACHE } from '#support/paths.ts';
import { BOOTSTRAP_PATH, bootstrapRequest, startApi, type TestApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { startWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
let folder: string;
let temporal: EmbeddedTemporalServer;
let api: TestApi;
let port: number;

const startServer = () =>
  startTemporal({
    cli: inject('temporalCli'),
    logFile: path.join(folder, 'temporal.log'),
    dbFile: path.join(folder, 'temporal.db'),
    ...(port && { port }),
  });

beforeAll(async () => {
  folder = await mkdtemp(path.join(CACHE, 'test-reconciler-'));
  temporal = await startServer();
  port = Number(temporal.address.split(':')[1]);
  onboarding.workerEnv.TEMPORAL_ADDRESS = temporal.address;
  api = await startApi(onboarding, {
    RECONCILE_INTERVAL_SECONDS: '0.2',
    RECONCILE_AFTER_SECONDS: '0',
  });
});
afterAll(async () => {
  await api.stop();
  await temporal.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a request whose run cannot be started is kept, and started when Temporal is back', async () => {
  await temporal.stop();
  const headers = { 'x-correlation-id': 'outage-1', 'idempotency-key': randomUUID() };
  const body = bootstrapRequest();
  const refused = await api.call('POST', BOOTSTRAP_PATH, { body, headers });
  expectProblem(refused, 503, 'start-delayed');
  expect(refused.headers.get('retry-after')).toBe('30');
  const { status: readiness, body: ready } = await api.call('GET', '/ready');
  expect(readiness).toBe(503);
  expect(ready.checks.postgres).toBe('ok');
  expect(ready.checks.temporal).not.toBe('ok');
  const pending = await onboarding.readModels.organizationBySlug(body.subdomain);
  expect(pending?.status).toBe('pending');

  temporal = await startServer();
  const stopWorker = startWorker(onboarding.workerEnv);
  try {
    await expect
      .poll(async () => (await onboarding.readModels.organizationBySlug(body.subdomain))?.status)
      .toBe('active');
    const events = await onboarding.queries.getEventsForWorkflow(pending!.workflowId!);
    expect(new Set(events.map((event) => event.eventMetadata.correlation_id))).toEqual(
      new Set(['outage-1']),
    );
    expect(events.filter(({ eventType }) => eventType.endsWith('initiated'))).toHaveLength(1);
    const again = await api.call('POST', BOOTSTRAP_PATH, { body, headers });
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({
      workflowId: pending?.workflowId,
      correlationId: 'outage-1',
    });
  } finally {
    await stopWorker();
  }
});

test('a run that ended without its last event is marked failed, and its slug is free again', async () => {
  const body = bootstrapRequest();
  const { workflowId, organizationId } = (await api.call('POST', BOOTSTRAP_PATH, { body })).body;
  const { Client, Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address: temporal.address });
  await new Client({ connection }).workflow.getHandle(workflowId).terminate('test');
  await connection.close();
  await expect
    .poll(async () => (await onboarding.readModels.organization(organizationId))?.status)
    .toBe('failed');
  expect(await onboarding.readModels.organization(organizationId)).toMatchObject({
    failureStage: 'organization_creation',
    bootstrapError: 'the run ended (terminated) without saying so',
  });
  expect((await api.call('GET', `/api/v1/workflows/${workflowId}`)).body.status).toBe('failed');
  expect((await api.call('POST', BOOTSTRAP_PATH, { body })).status).toBe(202);
});

test('a request that is too old is marked failed instead of started', async () => {
  const impatient = await startApi(onboarding, {
    RECONCILE_INTERVAL_SECONDS: '0.2',
    RECONCILE_AFTER_SECONDS: '0',
    RECONCILE_GIVE_UP_SECONDS: '0',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    REQUEST_TIMEOUT_SECONDS: '10',
  });
  await api.stop();
  try {
    const body = bootstrapRequest();
    expect((await impatient.call('POST', BOOTSTRAP_PATH, { body })).status).toBe(503);
    expect(await onboarding.readModels.organizationBySlug(body.subdomain)).toMatchObject({
      status: 'pending',
    });
  } finally {
    await impatient.stop();
  }
  api = await startApi(onboarding, {
    RECONCILE_INTERVAL_SECONDS: '0.2',
    RECONCILE_AFTER_SECONDS: '0',
    RECONCILE_GIVE_UP_SECONDS: '0',
  });
  await expect
    .poll(async () => {
      const { rows } = await onboarding.owner.query(
        `SELECT bootstrap_error FROM organizations_projection WHERE status = 'failed' ORDER BY updated_at DESC`,
      );
      return rows[0]?.bootstrap_error;
    })
    .toBe('the run could not be started in time');
});
