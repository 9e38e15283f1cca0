/** What the worker passes to every family to create its activities. */
import type { Pool } from 'pg';
import type { EventStore } from '#kernel/eventStore/eventStore.ts';
import type { EmailProvider } from '#kernel/mail/mail.ts';
import type { ObserveCall } from '#kernel/outbound/calls.ts';
import type { AskDependency, Dependency } from '#kernel/outbound/dependencies.ts';
import type { Pace } from '#kernel/patience/pace.ts';
import type { KernelMetricName } from '#kernel/telemetry/kernelMetrics.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

/** @template Name of the metrics that the family changes. */
export interface WorkerKernel<Config, Name extends string = KernelMetricName> {
  config: Config;
  pool: Pool;
  eventStore: EventStore;
  /** One pool of connections to the mail server, for all families. */
  emailProvider: EmailProvider;
  /** When providers may be called: one pace for all workers. */
  pace: Pace;
  /** Told of every call of a provider. */
  observeCall: ObserveCall;
  /** Asks a provider in the background whether it serves us, for `dependency_up`. */
  watchProvider(dependency: Dependency, ask: AskDependency): void;
  metrics: Metrics<Name>;
  logger: Logger;
}
