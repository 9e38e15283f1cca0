/** The lineage of an organization: its events, by run and by activity. */
import type { AggregateTables } from '#kernel/eventStore/aggregateTables.ts';
import {
  distinct,
  type EventPage,
  type EventQueries,
  type StoredEvent,
} from '#kernel/eventStore/eventQueries.ts';
import type { Organization, Organizations } from './store.ts';

export interface ActivityLineage {
  /** The activity's type; null for an event from outside the run, as `initiated`. */
  activity: string | null;
  events: { id: string; eventType: string; aggregateId: string; createdAt: Date }[];
}

export interface RunLineage {
  workflowId: string;
  workflowType: string | null;
  runId: string | null;
  activities: ActivityLineage[];
}

export interface Lineage<Invitation = unknown> {
  organization: Organization;
  correlationIds: string[];
  events: StoredEvent[];
  runs: RunLineage[];
  /** The organization, and the invitations that the events are about. */
  projections: { organization: Organization; invitations: Invitation[] };
  /** Cursor of the next page; null on the last page. */
  next: string | null;
}

/** The group of a key; created when it does not exist. */
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

/** Groups events by run, and by activity within a run; in the order of first appearance. */
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

/** The aggregate whose read model the lineage shows. */
export const INVITATION = 'invitation';

export interface LineageDeps<Invitation> {
  queries: Pick<EventQueries, 'pageOfOrganization'>;
  organizations: Pick<Organizations, 'find'>;
  invitations: (ids: string[]) => Promise<Invitation[]>;
  /** The tables of the families' aggregates. */
  aggregates: AggregateTables;
}

/** Undefined when the organization does not exist. Without a page, it is the whole lineage. */
export type TraceLineage<Invitation = unknown> = (
  orgId: string,
  page?: EventPage,
) => Promise<Lineage<Invitation> | undefined>;

/** @returns organization -> events -> runs -> activities -> projections. */
export function createLineage<Invitation>(deps: LineageDeps<Invitation>): TraceLineage<Invitation> {
  return async (orgId, page) => {
    const organization = await deps.organizations.find(orgId);
    if (!organization) return undefined;
    const { events, next } = await deps.queries.pageOfOrganization(orgId, deps.aggregates, page);
    const invited = events.filter(({ aggregateType }) => aggregateType === INVITATION);
    const ids = new Set(invited.map(({ aggregateId }) => aggregateId));
    return {
      organization,
      correlationIds: distinct(events.map(({ eventMetadata }) => eventMetadata.correlation_id)),
      events,
      runs: runsOf(events),
      projections: { organization, invitations: await deps.invitations([...ids]) },
      next: next ?? null,
    };
  };
}
