/** The lineage of an organization: its events, by run and by activity. */
import type { AggregateTables } from '#kernel/eventStore/aggregateTables.ts';
import { distinct, type EventQueries, type StoredEvent } from '#kernel/eventStore/eventQueries.ts';
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
  projections: { organization: Organization; invitations: Invitation[] };
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

export interface LineageDeps<Invitation> {
  queries: Pick<EventQueries, 'getEventsOfOrganization'>;
  organizations: Pick<Organizations, 'find'>;
  invitationsOf: (orgId: string) => Promise<Invitation[]>;
  /** The tables of the families' aggregates. */
  aggregates: AggregateTables;
}

/** Undefined when the organization does not exist. */
export type TraceLineage<Invitation = unknown> = (
  orgId: string,
) => Promise<Lineage<Invitation> | undefined>;

/** @returns organization -> events -> runs -> activities -> projections. */
export function createLineage<Invitation>(deps: LineageDeps<Invitation>): TraceLineage<Invitation> {
  return async (orgId) => {
    const organization = await deps.organizations.find(orgId);
    if (!organization) return undefined;
    const [events, invitations] = await Promise.all([
      deps.queries.getEventsOfOrganization(orgId, deps.aggregates),
      deps.invitationsOf(orgId),
    ]);
    return {
      organization,
      correlationIds: distinct(events.map(({ eventMetadata }) => eventMetadata.correlation_id)),
      events,
      runs: runsOf(events),
      projections: { organization, invitations },
    };
  };
}
