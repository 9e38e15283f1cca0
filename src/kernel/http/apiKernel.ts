/** What the API passes to every family to create its routes, and the routes that it gets back. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { EventQueries } from '#kernel/eventStore/eventQueries.ts';
import type { EventStore } from '#kernel/eventStore/eventStore.ts';
import type { ReadRules } from '#kernel/eventStore/readRules.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { HeldOpen } from '#kernel/temporal/lostRuns.ts';
import type { WorkflowDefinition } from '#kernel/temporal/workflowDefinition.ts';
import type { Route } from './route.ts';

export interface ApiKernel<Config> {
  config: Config;
  /** One client with one long-lived connection. */
  temporal: Client;
  pool: Pool;
  eventStore: EventStore;
  queries: EventQueries;
  /** The workflows of all families, for routes that handle runs of any family. */
  workflows: readonly WorkflowDefinition[];
  /** The rules of all families, for routes that show events of any family. */
  readRules: ReadRules;
  metrics: Metrics;
  logger: Logger;
}

/** What background work gets in addition. */
export interface BackgroundKernel<Config> extends ApiKernel<Config> {
  /** What all families hold open. */
  heldOpen: readonly HeldOpen[];
}

export interface FamilyRoutes {
  routes: readonly Route[];
  /** The same routes in the OpenAPI document, which takes their access from `routes`. */
  paths: ZodOpenApiPathsObject;
  /** Values that settings decide, by the JSON schema `format` of the fields that take them. */
  formats?: Readonly<Record<string, readonly string[]>>;
}
