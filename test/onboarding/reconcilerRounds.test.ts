/** Single rounds of the reconciler, and what may go wrong in one. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { WORKFLOWS } from '#families.ts';
import { createLease } from '#kernel/database/lease.ts';
import { createPool } from '#kernel/database/pool.ts';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { createWorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import { bootstrapWorkflowId, type OrganizationBootstrapParams } from '#onboarding/contract.ts';
import { ONBOARDING_EVENTS } from '#onboarding/events.ts';
import { createReconciler } from '#onboarding/reconcile/reconciler.ts';
import { createBootstrapRequests } from '#onboarding/store.ts';
import { createOrganizations } from '#organization/store.ts';
import { sampleUsers, useOnboarding } from '#support/stack/onboarding.ts';

const onboarding = useOnboarding();
let pool: ReturnType<typeof createPool>;
let requests: ReturnType<typeof createBootstrapRequests>;
let readModels: ReturnType<typeof createOrganizations>;
let reconciler: ReturnType<typeof createReconciler>;

beforeAll(async () => {
  pool = createPool({ DATABASE_URL: onboarding.database.url, DATABASE_POOL_SIZE: 5 }, 'test');
  const store = createEventStore(pool);
  const emitEvent = createEmitEvent(store, ONBOARDING_EVENTS);
  requests = createBootstrapRequests(pool, emitEvent);
  readModels = createOrganizations(pool);
  reconciler = createReconciler({
    config: {
      TEMPORAL_TASK_QUEUE: onboarding.taskQueue,
      RECONCILE_INTERVAL_MS: 1000,
      RECONCILE_AFTER_MS: 0,
      RECONCILE_GIVE_UP_MS: 3_600_000,
    },
    temporal: onboarding.client,
    requests,
    organizations: readModels,
    store,
    emitEvent,
    lease: createLease(pool, 'reconciler'),
    runs: createWorkflowRuns(pool),
    heldOpen: [],
    workflows: WORKFLOWS,
    taskQueues: [onboarding.taskQueue, onboarding.usersTaskQueue],
    logger: createLogger('test', 'silent'),
  });
});
afterAll(() => pool.end());
// What one test leaves under way is none of the next one's business.
beforeEach(() =>
  onboarding.owner.query(`UPDATE organizations_projection SET status = 'failed'`).then(() => {}),
);

/** A request that was accepted and whose run was never started. */
async function accept(overrides: Partial<OrganizationBootstrapParams> = {}) {
  const organizationId = randomUUID();
  const slug = `s${organizationId.slice(0, 8)}`;
  const workflowId = bootstrapWorkflowId(organizationId);
  const correlationId = `corr-${organizationId}`;
  const origin: RequestOrigin = { requestedAt: new Date().toISOString(), source: 'test' };
  const params = {
    organizationId,
    orgData: { name: `Organization ${slug}`, type: 'provider' as const },
    subdomain: slug,
    users: sampleUsers(slug, 1),
    ...overrides,
    origin,
  };
  const request = {
    caller: randomUUID(),
    requestHash: '',
    params,
    organizationId,
    workflowId,
    correlationId,
  };
  await withCorrelationId(correlationId, () => requests.record(request));
  return { organizationId, workflowId, correlationId };
}

const runOf = (workflowId: string) => onboarding.client.workflow.getHandle(workflowId).describe();

test('starts what was accepted, once, under its own correlation id', async () => {
  const { workflowId, correlationId } = await accept();
  expect(await reconciler.runOnce()).toMatchObject({ started: 1, markedFailed: 0 });
  expect((await runOf(workflowId)).memo).toMatchObject({ correlation_id: correlationId });
  expect(await reconciler.runOnce()).toMatchObject({ started: 0, markedFailed: 0 });
});

test('reaches requests behind more than a page of runs under way', async () => {
  const waiting = await Promise.all(Array.from({ length: 101 }, () => accept()));
  await reconciler.runOnce();
  const last = await accept();
  expect(await reconciler.runOnce()).toMatchObject({ started: 1 });
  expect((await runOf(last.workflowId)).status.name).toBe('RUNNING');
  for (const { workflowId } of waiting) {
    expect((await runOf(workflowId)).status.name).toBe('RUNNING');
  }
});

test('asks after a page of runs one by one, and after those behind it at once', async () => {
  await Promise.all(Array.from({ length: 130 }, () => accept()));
  await reconciler.runOnce();
  const asked = vi.spyOn(onboarding.client.workflowService, 'describeWorkflowExecution');
  try {
    const inOneRound = async () => {
      asked.mockClear();
      await reconciler.runOnce();
      return asked.mock.calls.length;
    };
    // Visibility is written a moment after the starts.
    await expect.poll(inOneRound).toBe(100);
  } finally {
    asked.mockRestore();
  }
});

test('one that cannot be started does not keep the others waiting', async () => {
  // Larger than a gRPC message may be: Temporal refuses this start each time.
  const poison = await accept({ orgData: { name: 'x'.repeat(5_000_000), type: 'provider' } });
  const healthy = await accept();
  expect(await reconciler.runOnce()).toMatchObject({ started: 1 });
  expect((await runOf(healthy.workflowId)).status.name).toBe('RUNNING');
  await expect(runOf(poison.workflowId)).rejects.toThrow();
});

describe('a run that ended without its last event', () => {
  test('is marked with the stage it had reached and what is left to clean up', async () => {
    const { organizationId, workflowId, correlationId } = await accept();
    await reconciler.runOnce();
    // As after organization.created and dns_created: what the run had done before it was lost.
    await onboarding.owner.query(
      `UPDATE organizations_projection SET status = 'provisioning', subdomain_status = 'dns_created'
       WHERE org_id = $1`,
      [organizationId],
    );
    await onboarding.client.workflow.getHandle(workflowId).terminate();
    expect(await reconciler.runOnce()).toMatchObject({ markedFailed: 1 });
    const events = await onboarding.queries.getEventsForWorkflow(workflowId);
    expect(events.at(-1)).toMatchObject({
      eventType: 'organization.bootstrap.failed',
      eventData: { failure_stage: 'dns_verification', partial_cleanup_required: true },
      eventMetadata: { correlation_id: correlationId },
    });
    expect((await readModels.find(organizationId))?.status).toBe('failed');
    expect(await reconciler.runOnce()).toMatchObject({ markedFailed: 0 });
  });
});

test('one replica at a time does a round', async () => {
  const { promise: finished, resolve: finish } = Promise.withResolvers<string>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const first = createLease(pool, 'reconciler').tryRun(() => {
    begin();
    return finished;
  });
  await begun;
  expect(await reconciler.runOnce()).toBeUndefined();
  finish('done');
  expect(await first).toBe('done');
  expect(await reconciler.runOnce()).toBeDefined();
});
