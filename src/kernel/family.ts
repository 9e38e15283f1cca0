/**
 * The definition of a family of workflows. Worker, API, reconciler, metrics and OpenAPI are
 * assembled only from the list of families (src/families.ts). A definition imports little: each
 * role loads the parts that only it needs.
 */

import type { Pool } from 'pg';
import type { AggregateTables } from './eventStore/aggregateTables.ts';
import type { EventCatalogue } from './eventStore/eventTypes.ts';
import type { ProtectedFields } from './eventStore/readRules.ts';
import type { FamilyRoutes } from './http/apiKernel.ts';
import type { Shape } from './settings/builders.ts';
import type { MetricDefinition } from './telemetry/metricDefinition.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { ActivityImplementations } from './temporal/activity.ts';
import type { HeldOpen } from './temporal/lostRuns.ts';
import type { ScheduleDefinition, WorkflowDefinition } from './temporal/workflowDefinition.ts';

interface Background {
  createBackground(kernel: never): (stopping: AbortSignal) => Promise<void>;
}

export interface Family {
  name: string;
  /** Name and description of its section in the OpenAPI document. */
  tag: { name: string; description: string };
  workflows: readonly WorkflowDefinition[];
  events: EventCatalogue;
  /** The tables that map aggregates of its events to organizations; the organization needs none. */
  aggregates: AggregateTables;
  /** Fields of its events that need a permission to be read, where the aggregate needs none. */
  protectedFields?: ProtectedFields;
  /** Settings in addition to the kernel's, by the role that reads them. */
  settings?: Readonly<Partial<Record<'api' | 'worker', Shape>>>;
  schedules?: readonly ScheduleDefinition[];
  /** Search attributes of its runs in addition to the common ones; each a Keyword. */
  searchAttributes?: readonly string[];
  /** Kinds of mail that it sends: values of a label of the metric mails_total. */
  mailKinds?: readonly string[];
  metrics?: Readonly<Record<string, MetricDefinition>>;
  /** Loaded by the API: sets the metrics that are read from the database. */
  databaseMetrics?: () => Promise<{
    createCollect(pool: Pool): (metrics: Metrics<never>) => Promise<void>;
  }>;
  /** Loaded by the worker. */
  activities?: () => Promise<{ createActivities(kernel: never): ActivityImplementations }>;
  /** Loaded by the API. */
  routes?: () => Promise<{ createRoutes(kernel: never): FamilyRoutes }>;
  /** Loaded by the API: what its read model holds open, and what to do where the run is gone. */
  heldOpen?: () => Promise<{ createHeldOpen(kernel: never): HeldOpen }>;
  /** Loaded by the API: work in the background, until its signal aborts. */
  background?: () => Promise<Background>;
  /** The same, loaded by the worker. */
  workerBackground?: () => Promise<Background>;
}
