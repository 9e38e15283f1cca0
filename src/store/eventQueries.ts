/** Tracing between events and workflows, in both directions. */
import type { Pool } from 'pg';
import type { AggregateType, EventMetadata, EventType } from '#domain/events.ts';
import { createReadModels, type Invitation, type Organization } from './readModels.ts';

export interface StoredEvent {
  id: string;
  eventType: EventType;
  aggregateType: AggregateType;
  aggregateId: string;
  streamVersion: number;
  eventData: Record<string, unknown>;
  eventMetadata: EventMetadata;
  createdAt: Date;
  processedAt: Date | null;
}

export interface WorkflowSummary {
  workflowId: string;
  workflowType: string | null;
  runIds: string[];
  correlationIds: string[];
  totalEvents: number;
  eventTypes: Partial<Record<EventType, number>>;
  activities: string[];
  unprocessedEvents: number;
  firstEventAt: Date;
  lastEventAt: Date;
}

export interface ActivityLineage {
  /** The activity's type; null for what was emitted outside the run, as `initiated` is. */
  activity: string | null;
  events: { id: string; eventType: EventType; aggregateId: string; createdAt: Date }[];
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

const SELECT_EVENTS = `SELECT e.id, e.event_type AS "eventType", e.aggregate_type AS "aggregateType",
  e.aggregate_id AS "aggregateId", e.stream_version::float8 AS "streamVersion",
  e.event_data AS "eventData", e.event_metadata AS "eventMetadata", e.created_at AS "createdAt",
  e.processed_at AS "processedAt"
  FROM domain_events e`;
const IN_ORDER = 'ORDER BY e.created_at, e.stream_version';

/** An organization's own stream and those of its invitations, domains and single sign-on. */
const OF_ORGANIZATION = `WHERE (e.aggregate_type = 'organization' AND e.aggregate_id = $1)
  OR (e.aggregate_type = 'invitation' AND e.aggregate_id IN
    (SELECT invitation_id FROM user_invitations_projection WHERE org_id = $1))
  OR (e.aggregate_type = 'domain' AND e.aggregate_id IN
    (SELECT claim_id FROM organization_domains_projection WHERE org_id = $1))
  OR (e.aggregate_type = 'sso' AND e.aggregate_id IN
    (SELECT configuration_id FROM sso_configurations_projection WHERE org_id = $1))`;

const count = <T extends string>(values: T[]): Partial<Record<T, number>> => {
  const counts: Partial<Record<T, number>> = {};
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
  const readModels = createReadModels(pool);

  async function events(where: string, value: string): Promise<StoredEvent[]> {
    const { rows } = await pool.query<StoredEvent>(`${SELECT_EVENTS} ${where} ${IN_ORDER}`, [
      value,
    ]);
    return rows;
  }

  const getEventsForWorkflow = (workflowId: string): Promise<StoredEvent[]> =>
    events(`WHERE e.event_metadata ->> 'workflow_id' = $1`, workflowId);

  return {
    /** Every event of a workflow, over all of its runs, oldest first. */
    getEventsForWorkflow,

    getEventsByCorrelationId: (correlationId: string): Promise<StoredEvent[]> =>
      events(`WHERE e.event_metadata ->> 'correlation_id' = $1`, correlationId),

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
        events(OF_ORGANIZATION, orgId),
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
