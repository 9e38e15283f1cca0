/** What the API's routes act on. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type { ApiConfig } from '#config.ts';
import type { InvitationQueries } from '#invitation/store.ts';
import type { EventQueries } from '#kernel/eventStore/eventQueries.ts';
import type { Authenticate, Caller } from '#kernel/http/auth.ts';
import type { Checks } from '#kernel/telemetry/health.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { BootstrapRequests } from '#onboarding/store.ts';
import type { ReadModels } from '#organization/store.ts';
import type { SsoConfigurations } from '#sso/store.ts';

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
