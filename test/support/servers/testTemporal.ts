/** Clients of the run's Temporal server. */
import { inject } from 'vitest';
import { connectTemporal, type TemporalHandle } from '#kernel/temporal/connection.ts';

export const connectTestTemporal = (): TemporalHandle =>
  connectTemporal({
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: false,
  });
