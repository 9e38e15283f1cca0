/** Counts appended events, after the append. */
import type { Metrics } from './metrics.ts';

/**
 * @param aggregates types of all aggregates: their series begin at zero.
 * @returns the observer for createEventStore.
 */
export function eventMetrics(metrics: Metrics, aggregates: readonly string[]) {
  for (const aggregate_type of aggregates) {
    metrics.inc('events_appended_total', { aggregate_type }, 0);
    metrics.inc('events_projected_total', { aggregate_type }, 0);
    metrics.inc('events_failed_total', { aggregate_type }, 0);
    metrics.zero('event_append_duration_seconds', { aggregate_type });
  }
  return (
    aggregate_type: string,
    outcome: 'projected' | 'failed' | 'duplicate',
    seconds: number,
  ): void => {
    metrics.observe('event_append_duration_seconds', { aggregate_type }, seconds);
    if (outcome === 'duplicate') return;
    metrics.inc('events_appended_total', { aggregate_type });
    const result = outcome === 'projected' ? 'events_projected_total' : 'events_failed_total';
    metrics.inc(result, { aggregate_type });
  };
}
