/** Tracing between events and workflows, in both directions. */
import type { Expression, ExpressionBuilder } from 'kysely';
import type { Pool } from 'pg';
import { type Database, type RowOf, typed } from '#kernel/database/database.ts';
import type { DB } from '#kernel/database/schema.ts';
import { createReadModels, type Invitation, type Organization } from '#organization/store.ts';

const UNPROCESSED_LIMIT = 500;

export type StoredEvent = RowOf<typeof storedEvents>;

export interface WorkflowSummary {
  workflowId: string;
  workflowType: string | null;
  runIds: string[];
  correlationIds: string[];
  totalEvents: number;
  eventTypes: Record<string, number>;
  activities: string[];
  unprocessedEvents: number;
  firstEventAt: Date;
  lastEventAt: Date;
}

export interface ActivityLineage {
  /** The activity's type; null for what was emitted outside the run, as `initiated` is. */
  activity: string | null;
  events: { id: string; eventType: string; aggregateId: string; createdAt: Date }[];
}

export interface RunLineage {
  workflowId: string;
  workflowType: string | null;
  runId: string | null;
  activities: ActivityLineage[];
}

export interface Lineage {
  organization: Organization;
  correlationIds: string[];
  events: StoredEvent[];
  runs: RunLineage[];
  projections: { organization: Organization; invitations: Invitation[] };
}

export type EventQueries = ReturnType<typeof createEventQueries>;

const storedEvents = (db: Database) =>
  db
    .selectFrom('domain_events as e')
    .select(({ cast }) => [
      'e.id',
      'e.event_type as eventType',
      'e.aggregate_type as aggregateType',
      'e.aggregate_id as aggregateId',
      cast<number>('e.stream_version', 'float8').as('streamVersion'),
      'e.event_data as eventData',
      'e.event_metadata as eventMetadata',
      'e.created_at as createdAt',
      'e.processed_at as processedAt',
    ])
    .orderBy('e.created_at')
    .orderBy('e.stream_version');

type EventBuilder = ExpressionBuilder<DB & { e: DB['domain_events'] }, 'e'>;

/** True for an organization's own stream and those of its invitations, domains and single sign-on. */
const ofOrganization = (eb: EventBuilder, orgId: string) => {
  const { selectFrom } = eb;
  const stream = (type: string, ids: Expression<string>) =>
    eb('e.aggregate_type', '=', type).and('e.aggregate_id', 'in', ids);
  return eb.or([
    eb('e.aggregate_type', '=', 'organization').and('e.aggregate_id', '=', orgId),
    stream(
      'invitation',
      selectFrom('user_invitations_projection')
        .select('invitation_id')
        .where('org_id', '=', orgId)
        .$asScalar(),
    ),
    stream(
      'domain',
      selectFrom('organization_domains_projection')
        .select('claim_id')
        .where('org_id', '=', orgId)
        .$asScalar(),
    ),
    stream(
      'sso',
      selectFrom('sso_configurations_projection')
        .select('configuration_id')
        .where('org_id', '=', orgId)
        .$asScalar(),
    ),
  ]);
};

const count = (values: string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const distinct = (values: (string | undefined)[]): string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];

function summarize(workflowId: string, events: StoredEvent[]): WorkflowSummary {
  const metadata = events.map((event) => event.eventMetadata);
  return {
    workflowId,
    workflowType: metadata.find((m) => m.workflow_type)?.workflow_type ?? null,
    runIds: distinct(metadata.map((m) => m.workflow_run_id)),
    correlationIds: distinct(metadata.map((m) => m.correlation_id)),
    totalEvents: events.length,
    eventTypes: count(events.map((event) => event.eventType)),
    activities: distinct(metadata.map((m) => m.activity_id)),
    unprocessedEvents: events.filter((event) => event.processedAt === null).length,
    firstEventAt: events[0]!.createdAt,
    lastEventAt: events.at(-1)!.createdAt,
  };
}

/** The group of a key, made when it is first asked for. */
function groupOf<T>(groups: Map<string, T>, key: string, make: () => T): T {
  const group = groups.get(key) ?? make();
  groups.set(key, group);
  return group;
}

function activitiesOf(events: StoredEvent[]): ActivityLineage[] {
  const activities = new Map<string, ActivityLineage>();
  for (const { id, eventType, aggregateId, createdAt, eventMetadata } of events) {
    const activity = eventMetadata.activity_id ?? null;
    const group = groupOf(activities, `${activity}`, () => ({ activity, events: [] }));
    group.events.push({ id, eventType, aggregateId, createdAt });
  }
  return [...activities.values()];
}

/** Events by run, and by activity within a run; each in the order of first appearance. */
function runsOf(events: StoredEvent[]): RunLineage[] {
  const runs = new Map<string, StoredEvent[]>();
  for (const event of events) {
    const { workflow_id, workflow_run_id } = event.eventMetadata;
    groupOf(runs, `${workflow_id}|${workflow_run_id}`, () => []).push(event);
  }
  return [...runs.values()].map((ofRun) => {
    const { workflow_id, workflow_type, workflow_run_id } = ofRun[0]!.eventMetadata;
    return {
      workflowId: workflow_id ?? '',
      workflowType: workflow_type ?? null,
      runId: workflow_run_id ?? null,
      activities: activitiesOf(ofRun),
    };
  });
}

export function createEventQueries(pool: Pool) {
  const db = typed(pool);
  const readModels = createReadModels(pool);

  const having = (key: 'workflow_id' | 'correlation_id', value: string): Promise<StoredEvent[]> =>
    storedEvents(db)
      .where(({ ref }) => ref('e.event_metadata', '->>').key(key), '=', value)
      .execute();

  const getEventsForWorkflow = (workflowId: string): Promise<StoredEvent[]> =>
    having('workflow_id', workflowId);

  return {
    /** Every event of a workflow, over all of its runs, oldest first. */
    getEventsForWorkflow,

    getEventsByCorrelationId: (correlationId: string): Promise<StoredEvent[]> =>
      having('correlation_id', correlationId),

    /** Events that wait to be projected, by stream; at most 500. */
    getUnprocessedEvents: () =>
      db
        .selectFrom('domain_events')
        .select(({ cast, ref }) => [
          'id',
          'event_type as eventType',
          'aggregate_type as aggregateType',
          'aggregate_id as aggregateId',
          cast<number>('stream_version', 'float8').as('streamVersion'),
          'created_at as createdAt',
          ref('event_metadata', '->>').key('processing_error').$castTo<string | null>().as('error'),
        ])
        .where('processed_at', 'is', null)
        .orderBy('aggregate_type')
        .orderBy('aggregate_id')
        .orderBy('stream_version')
        .limit(UNPROCESSED_LIMIT)
        .execute(),

    /** Undefined when the workflow has left no event. */
    async getWorkflowSummary(workflowId: string): Promise<WorkflowSummary | undefined> {
      const found = await getEventsForWorkflow(workflowId);
      return found.length > 0 ? summarize(workflowId, found) : undefined;
    },

    /** Organization -> events -> runs -> activities -> projections. Undefined when there is none. */
    async traceWorkflowLineage(orgId: string): Promise<Lineage | undefined> {
      const organization = await readModels.organization(orgId);
      if (!organization) return undefined;
      const [found, invitations] = await Promise.all([
        storedEvents(db)
          .where((eb) => ofOrganization(eb, orgId))
          .execute(),
        readModels.invitationsOf(orgId),
      ]);
      return {
        organization,
        correlationIds: distinct(found.map((event) => event.eventMetadata.correlation_id)),
        events: found,
        runs: runsOf(found),
        projections: { organization, invitations },
      };
    },
  };
}
