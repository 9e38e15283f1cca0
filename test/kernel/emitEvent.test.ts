import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { INVITATION_EVENTS } from '#invitation/events.ts';
import { createEmitEvent, type EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import { createEventQueries, type EventQueries } from '#kernel/eventStore/eventQueries.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import { ONBOARDING_EVENTS } from '#onboarding/events.ts';
import { type BootstrapRequests, createBootstrapRequests } from '#onboarding/store.ts';
import { traceLineageOf } from '#roles/lineage.ts';
import { created, invited } from '#support/history/events.ts';
import { useTestDatabase } from '#support/servers/database.ts';

const EMITTED = { ...ONBOARDING_EVENTS, ...INVITATION_EVENTS };

const database = useTestDatabase();
let emitEvent: EmitEvent<typeof EMITTED>;
let queries: EventQueries;
let requests: BootstrapRequests;

beforeAll(async () => {
  emitEvent = createEmitEvent(createEventStore(database.pool), EMITTED);
  queries = createEventQueries(database.pool);
  requests = createBootstrapRequests(
    database.pool,
    createEmitEvent(createEventStore(database.pool), ONBOARDING_EVENTS),
  );
});

const slug = () => `s${randomUUID().slice(0, 8)}`;
const origin = {
  requestedAt: '2026-11-25T10:00:00.000Z',
  requestedBy: '6f1c0d3c-8d2e-4a53-9d5c-0d8c0c0a9a11',
  source: 'ui',
  tags: ['production'],
};
const activityOf = (workflowId: string, activityType: string, runId = 'run-1') =>
  new MockActivityEnvironment({
    activityType,
    workflowType: 'OrganizationBootstrapWorkflow',
    workflowExecution: { workflowId, runId },
  });

/** A history: created, and one invitation, both from activities. */
async function history() {
  const orgId = randomUUID();
  const workflowId = bootstrapWorkflowId(orgId);
  const invitationId = randomUUID();
  await withCorrelationId(`corr-${orgId}`, async () => {
    await activityOf(workflowId, 'createOrganizationActivity').run(() =>
      emitEvent({
        eventType: 'organization.created',
        aggregateId: orgId,
        origin,
        eventData: created(slug()) as never,
      }),
    );
    await activityOf(workflowId, 'generateInvitationsActivity').run(() =>
      emitEvent({
        eventType: 'user.invited',
        aggregateId: invitationId,
        origin,
        eventData: invited(orgId, invitationId, 'ada@example.com'),
      }),
    );
  });
  return { orgId, workflowId, invitationId };
}

describe('emitEvent', () => {
  test('fills the metadata from activity, correlation and origin', async () => {
    const { orgId, workflowId } = await history();
    const [event] = await queries.getEventsForWorkflow(workflowId);
    expect(event?.eventMetadata).toMatchObject({
      workflow_id: workflowId,
      workflow_run_id: 'run-1',
      workflow_type: 'OrganizationBootstrapWorkflow',
      activity_id: 'createOrganizationActivity',
      correlation_id: `corr-${orgId}`,
      source: 'ui',
      tags: ['production'],
      user_id: origin.requestedBy,
    });
    expect(Date.parse(event?.eventMetadata.timestamp ?? '')).not.toBeNaN();
    expect(event?.processedAt).not.toBeNull();
  });

  test('a retry and a reset (another run) meet the same event', async () => {
    const orgId = randomUUID();
    const workflowId = bootstrapWorkflowId(orgId);
    const eventData = created(slug()) as never;
    const emitFrom = (runId: string) =>
      activityOf(workflowId, 'createOrganizationActivity', runId).run(() =>
        emitEvent({ eventType: 'organization.created', aggregateId: orgId, origin, eventData }),
      );
    const first = await emitFrom('run-1');
    const second = await emitFrom('run-2');
    expect(second).toEqual(Object.assign({}, first, { duplicate: true }));
  });

  test('falls back to the workflow id where no correlation id came along', async () => {
    const orgId = randomUUID();
    const workflowId = bootstrapWorkflowId(orgId);
    await activityOf(workflowId, 'createOrganizationActivity').run(() =>
      emitEvent({
        eventType: 'organization.created',
        aggregateId: orgId,
        origin,
        eventData: created(slug()) as never,
      }),
    );
    const [event] = await queries.getEventsForWorkflow(workflowId);
    expect(event?.eventMetadata.correlation_id).toBe(workflowId);
  });
});

describe('eventQueries', () => {
  test('summarizes a workflow', async () => {
    const { orgId, workflowId } = await history();
    expect(await queries.getWorkflowSummary(workflowId)).toMatchObject({
      workflowId,
      workflowType: 'OrganizationBootstrapWorkflow',
      runIds: ['run-1'],
      correlationIds: [`corr-${orgId}`],
      totalEvents: 2,
      eventTypes: { 'organization.created': 1, 'user.invited': 1 },
      activities: ['createOrganizationActivity', 'generateInvitationsActivity'],
      unprocessedEvents: 0,
    });
    expect(await queries.getWorkflowSummary('org-bootstrap-none')).toBeUndefined();
  });

  test('finds everything of a correlation id', async () => {
    const { orgId } = await history();
    const events = await queries.getEventsByCorrelationId(`corr-${orgId}`);
    expect(events.map((event) => event.eventType)).toEqual([
      'organization.created',
      'user.invited',
    ]);
  });

  test('traces an organization to runs, activities and projections', async () => {
    const { orgId, workflowId, invitationId } = await history();
    const lineage = await traceLineageOf(database.pool)(orgId);
    expect(lineage).toMatchObject({
      organization: { orgId, status: 'provisioning' },
      correlationIds: [`corr-${orgId}`],
      runs: [
        {
          workflowId,
          runId: 'run-1',
          activities: [
            { activity: 'createOrganizationActivity', events: [{ aggregateId: orgId }] },
            { activity: 'generateInvitationsActivity', events: [{ aggregateId: invitationId }] },
          ],
        },
      ],
      projections: { invitations: [{ invitationId }] },
    });
    expect(await traceLineageOf(database.pool)(randomUUID())).toBeUndefined();
  });
});

describe('bootstrapRequests', () => {
  const request = (name: string, key?: string, requestHash = 'hash') => {
    const organizationId = randomUUID();
    return {
      caller: origin.requestedBy,
      ...(key && { key }),
      requestHash,
      organizationId,
      workflowId: bootstrapWorkflowId(organizationId),
      correlationId: 'corr',
      params: { orgData: { name, type: 'provider' as const }, users: [], origin, organizationId },
    };
  };
  const eventsNamed = async (name: string) =>
    (
      await database.pool.query(`SELECT 1 FROM domain_events WHERE event_data ->> 'name' = $1`, [
        name,
      ])
    ).rowCount;

  test('many at once under one key: one request, one answer', async () => {
    const [name, key] = [slug(), randomUUID()];
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => requests.record(request(name, key))),
    );
    expect(answers.filter(({ outcome }) => outcome === 'recorded')).toHaveLength(1);
    expect(new Set(answers.map((answer) => 'workflowId' in answer && answer.workflowId)).size).toBe(
      1,
    );
    expect(await eventsNamed(name)).toBe(1);
  });

  test('a key with another body is refused', async () => {
    const key = randomUUID();
    await requests.record(request(slug(), key));
    const other = slug();
    expect(await requests.record(request(other, key, 'other'))).toEqual({ outcome: 'key_reused' });
    expect(await eventsNamed(other)).toBe(0);
  });

  test('a taken slug leaves neither event nor key', async () => {
    const [name, key] = [slug(), randomUUID()];
    await requests.record(request(name));
    expect(await requests.record(request(name, key))).toEqual({ outcome: 'slug_taken' });
    expect(await eventsNamed(name)).toBe(1);
    expect(await requests.record(request(slug(), key))).toMatchObject({ outcome: 'recorded' });
  });

  test('gives the request back to who has to start it', async () => {
    const accepted = request(slug());
    await withCorrelationId('corr-7', () => requests.record(accepted));
    expect(await requests.initiated(accepted.workflowId)).toEqual({
      params: accepted.params,
      correlationId: 'corr-7',
      requestedBy: origin.requestedBy,
    });
    expect(await requests.initiated('org-bootstrap-none')).toBeUndefined();
  });
});
