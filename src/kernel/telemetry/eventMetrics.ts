/** Counts appends, once each, after they have happened. */
import type { AggregateType } from '#events.ts';
import type { Metrics } from './metrics.ts';

const AGGREGATES: AggregateType[] = ['organization', 'invitation'];

/** @returns the observer that an event store is made with. */
export function eventMetrics(metrics: Metrics) {
  for (const aggregate_type of AGGREGATES) {
    metrics.inc('events_appended_total', { aggregate_type }, 0);
    metrics.inc('events_projected_total', { aggregate_type }, 0);
    metrics.inc('events_failed_total', { aggregate_type }, 0);
    metrics.zero('event_append_duration_seconds', { aggregate_type });
  }
  return (
    aggregate_type: AggregateType,
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
