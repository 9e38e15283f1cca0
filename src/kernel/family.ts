/**
 * What a family of workflows tells about itself. Worker, API, reconciler, metrics and OpenAPI are
 * assembled from the list of families (src/families.ts), and from nothing else. A definition is
 * light: what only one role needs is loaded by that role.
 */

import type { Pool } from 'pg';
import type { AggregateTables } from './eventStore/aggregateTables.ts';
import type { EventCatalogue } from './eventStore/eventTypes.ts';
import type { FamilyRoutes } from './http/apiKernel.ts';
import type { Shape } from './settings/builders.ts';
import type { MetricDefinition } from './telemetry/metricDefinition.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { ActivityImplementations } from './temporal/activity.ts';
import type { ScheduleDefinition, WorkflowDefinition } from './temporal/workflowDefinition.ts';

export interface Family {
  name: string;
  /** Its tag in the OpenAPI document. */
  tag: { name: string; description: string };
  workflows: readonly WorkflowDefinition[];
  events: EventCatalogue;
  /** Where the aggregates of its events belong to an organization; the organization needs none. */
  aggregates: AggregateTables;
  /** Settings beside the kernel's, by the role that reads them. */
  settings?: Readonly<Partial<Record<'api' | 'worker', Shape>>>;
  schedules?: readonly ScheduleDefinition[];
  /** Search attributes of its runs beside those that every run has; each a Keyword. */
  searchAttributes?: readonly string[];
  /** Kinds of mail that it sends: a label of the metric mails_total. */
  mailKinds?: readonly string[];
  metrics?: Readonly<Record<string, MetricDefinition>>;
  /** What sets those of its metrics that come from the database; loaded by the API. */
  databaseMetrics?: () => Promise<{
    createCollect(pool: Pool): (metrics: Metrics<never>) => Promise<void>;
  }>;
  /** Loaded by the worker. */
  activities?: () => Promise<{ createActivities(kernel: never): ActivityImplementations }>;
  /** Loaded by the API. */
  routes?: () => Promise<{ createRoutes(kernel: never): FamilyRoutes }>;
  /** Loaded by the API: work beside requests, until its signal aborts. */
  background?: () => Promise<{
    createBackground(kernel: never): (stopping: AbortSignal) => Promise<void>;
  }>;
}
