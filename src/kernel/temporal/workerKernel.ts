/** What the worker passes to every family to create its activities. */
import type { Pool } from 'pg';
import type { EventStore } from '#kernel/eventStore/eventStore.ts';
import type { EmailProvider } from '#kernel/mail/emailProvider.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

export interface WorkerKernel<Config> {
  config: Config;
  pool: Pool;
  eventStore: EventStore;
  /** One pool of connections to the mail server, for all families. */
  emailProvider: EmailProvider;
  metrics: Metrics;
  logger: Logger;
}
