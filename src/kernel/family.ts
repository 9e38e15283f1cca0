/**
 * What a family of workflows tells about itself. Worker, API, reconciler, metrics and OpenAPI are
 * assembled from the list of families (src/families.ts), and from nothing else. A definition is
 * light: what only one role needs is loaded by that role.
 */

import type { EventCatalogue } from './eventStore/eventTypes.ts';
import type { FamilyRoutes } from './http/apiKernel.ts';
import type { Queue } from './queues.ts';
import type { MetricDefinition } from './telemetry/metricDefinition.ts';
import type { ActivityImplementations } from './temporal/activity.ts';
import type { StageEvent, Stages } from './workflow/steps.ts';

export type RunStatus = 'completed' | 'failed' | 'cancelled';

export interface WorkflowDefinition {
  /** Registered name. */
  type: string;
  /** Where its runs are queued. */
  queue: Queue;
  /** The organization that a run's id names; undefined where the id names none. */
  orgIdOf(workflowId: string): string | undefined;
  /** How the status route tells of a run; left out where it does not. */
  status?: StatusDefinition;
}

export interface StatusDefinition {
  /** The event types that end a run, and what they make of it. */
  endedBy: Readonly<Record<string, RunStatus>>;
  /** The steps that the events of a run prove; left out for a workflow without steps. */
  stagesFrom?(
    events: readonly (StageEvent & { eventData: Record<string, unknown> })[],
    hasSubdomain: boolean,
  ): Stages<string>;
}

/** A workflow that Temporal starts at fixed times. */
export interface ScheduleDefinition {
  /** Beginning of the schedule's id; the workflow id of its runs. */
  id: string;
  /** Registered name of the workflow. */
  type: string;
  queue: Queue;
  /** When, in UTC. */
  calendar: { hour: number };
}

/** Rows of a read model whose ids are the ids of an aggregate, one for each of an organization. */
export interface AggregateTable {
  table: string;
  id: string;
}

export interface Family {
  name: string;
  /** Its tag in the OpenAPI document. */
  tag: { name: string; description: string };
  workflows: readonly WorkflowDefinition[];
  events: EventCatalogue;
  /** Where the aggregates of its events belong to an organization; the organization needs none. */
  aggregates: Readonly<Record<string, AggregateTable>>;
  schedules?: readonly ScheduleDefinition[];
  /** Search attributes of its runs beside those that every run has; each a Keyword. */
  searchAttributes?: readonly string[];
  /** Kinds of mail that it sends: a label of the metric mails_total. */
  mailKinds?: readonly string[];
  metrics?: Readonly<Record<string, MetricDefinition>>;
  /** Loaded by the worker. */
  activities?: () => Promise<{ createActivities(kernel: never): ActivityImplementations }>;
  /** Loaded by the API. */
  routes?: () => Promise<{ createRoutes(kernel: never): FamilyRoutes }>;
}
