/** The one Temporal connection of a process, with tracing and correlation ids. */
import { Client, Connection } from '@temporalio/client';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';
import { limitConnecting } from './connectLimit.ts';
import { correlationClientInterceptor } from './interceptors.ts';

type TemporalConfig = Pick<
  KernelApiConfig,
  'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS'
>;

/**
 * Connection options for client and worker; an API key requires TLS. The worker's connection belongs
 * to the SDK's core, which sends pings itself: every 30 s, answered within 15 s.
 */
export const temporalConnectionOptions = (config: TemporalConfig) => ({
  address: config.TEMPORAL_ADDRESS,
  ...(config.TEMPORAL_API_KEY && { apiKey: config.TEMPORAL_API_KEY }),
  ...((config.TEMPORAL_TLS || config.TEMPORAL_API_KEY) && { tls: true }),
});

/**
 * A connection that does not answer a ping is replaced: after 25 s, and not the 45 s of the SDK's
 * defaults. Servers accept a ping every 10 s at most.
 */
const KEEP_ALIVE = { 'grpc.keepalive_time_ms': 15_000, 'grpc.keepalive_timeout_ms': 10_000 };

export interface TemporalHandle {
  client: Client;
  connection: Connection;
}

/**
 * A client that connects at its first use, so that the API starts, and reports "not ready", while
 * Temporal is not available.
 */
export function connectTemporal(config: TemporalConfig): TemporalHandle {
  limitConnecting(config.TEMPORAL_ADDRESS);
  const connection = Connection.lazy({
    ...temporalConnectionOptions(config),
    channelArgs: KEEP_ALIVE,
  });
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    plugins: [temporalTracingPlugin()],
    interceptors: { workflow: [correlationClientInterceptor] },
  });
  return { client, connection };
}
