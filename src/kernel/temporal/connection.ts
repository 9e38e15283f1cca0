/** The one long-lived Temporal connection of a process, with tracing and correlation. */
import { Client, Connection } from '@temporalio/client';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import { temporalTracingPlugin } from '#kernel/telemetry/tracing/tracing.ts';
import { correlationClientInterceptor } from './interceptors.ts';

type TemporalConfig = Pick<
  KernelApiConfig,
  'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE' | 'TEMPORAL_API_KEY' | 'TEMPORAL_TLS'
>;

/** Connection options for client and worker alike; an API key implies TLS. */
export const temporalConnectionOptions = (config: TemporalConfig) => ({
  address: config.TEMPORAL_ADDRESS,
  ...(config.TEMPORAL_API_KEY && { apiKey: config.TEMPORAL_API_KEY }),
  ...((config.TEMPORAL_TLS || config.TEMPORAL_API_KEY) && { tls: true }),
});

export interface TemporalHandle {
  client: Client;
  connection: Connection;
}

/**
 * A client on a connection that dials when first used, so that the API starts, and says
 * "not ready", while Temporal is away.
 */
export function connectTemporal(config: TemporalConfig): TemporalHandle {
  const connection = Connection.lazy(temporalConnectionOptions(config));
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    plugins: [temporalTracingPlugin()],
    interceptors: { workflow: [correlationClientInterceptor] },
  });
  return { client, connection };
}
