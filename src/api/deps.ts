/** What the API's routes act on. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { ApiConfig } from '#config';
import type { BootstrapRequests } from '#store/bootstrapRequests.ts';
import type { EventQueries } from '#store/eventQueries.ts';
import type { InvitationQueries } from '#store/invitationQueries.ts';
import type { ReadModels } from '#store/readModels.ts';
import type { SsoConfigurations } from '#store/ssoConfigurations.ts';
import type { Checks } from '#telemetry/health.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Metrics } from '#telemetry/metrics.ts';
import type { Authenticate, Caller } from './auth.ts';

export interface ApiDeps {
  config: ApiConfig;
  /** One client on one long-lived connection. */
  temporal: Client;
  requests: BootstrapRequests;
  queries: EventQueries;
  readModels: ReadModels;
  invitations: InvitationQueries;
  ssoConfigurations: SsoConfigurations;
  /** For what keeps its own table: the rate limiter. */
  pool: Pool;
  authenticate: Authenticate;
  checks: Checks;
  metrics: Metrics;
  logger: Logger;
}

/** Koa's state below the authenticated prefix. */
export interface ApiState {
  caller: Caller;
}
