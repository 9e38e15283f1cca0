/** The event store: whether events are projected. */
import type { Section } from '../frame.ts';
import { organizationLineage } from '../links.ts';
import { bars, lines, number } from '../panels.ts';
import { increase, max, own, quantile, rate, recorded, sum } from '../promql.ts';

const AGGREGATE = 'aggregate_type';

export const events: Section = {
  title: 'Event store',
  panels: [
    number({
      title: 'Not projected',
      description:
        'Events that are stored and not projected. 0 is normal: projection happens in the same transaction.',
      unit: 'short',
      queries: [{ expr: max(own('events_unprocessed')) }],
      alerts: ['EventProcessingErrors', 'UnprocessedEventsOld'],
      thresholds: { warning: 1 },
    }),
    number({
      title: 'Oldest of them',
      description:
        'Five minutes and more: read models are wrong for that long. Read its processing_error.',
      unit: 's',
      queries: [{ expr: max(own('events_unprocessed_oldest_age_seconds')) }],
      alerts: ['UnprocessedEventsOld'],
      thresholds: { critical: 300 },
    }),
    number({
      title: 'With errors',
      description:
        'Events whose projection fails. They are retried with growing pauses, ten times.',
      unit: 'short',
      queries: [{ expr: max(own('a4c_health_check_value', 'check="processing_errors"')) }],
      alerts: ['EventProcessingErrors'],
      thresholds: { warning: 1 },
    }),
    number({
      title: 'Blocked streams',
      description:
        'Organizations or invitations that wait for a failed event; their later events are held, in order.',
      unit: 'short',
      queries: [{ expr: max(own('event_streams_blocked')) }],
      alerts: ['HealthCheckFailing'],
      thresholds: { warning: 1 },
      links: [organizationLineage],
    }),
    number({
      title: 'Parked streams',
      description: 'Their event is no longer retried: correct the cause, then retry or skip it.',
      unit: 'short',
      queries: [{ expr: max(own('event_streams_parked')) }],
      alerts: ['HealthCheckFailing'],
      thresholds: { critical: 1 },
      links: [organizationLineage],
    }),
    number({
      title: 'Projected at once (30 days)',
      description: 'Share of the events. The objective is 99.9 %.',
      unit: 'percentunit',
      queries: [{ expr: `1 - ${recorded('slo:error_ratio:rate30d', 'slo="event-projection"')}` }],
      alerts: ['EventProjectionErrorBudgetBurn'],
      thresholds: { critical: 0.999 },
      smallIsBad: true,
      decimals: 2,
    }),
    bars({
      title: 'Events appended',
      description: 'Per interval. None while runs are in flight: appends fail; see the logs.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('events_appended_total')), AGGREGATE),
          legend: '{{aggregate_type}}',
        },
      ],
    }),
    bars({
      title: 'Events projected, and failed',
      description: 'Per interval. failed: the projection raised; the event is kept and retried.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('events_projected_total')), AGGREGATE),
          legend: '{{aggregate_type}} projected',
        },
        {
          expr: sum(increase(own('events_failed_total')), AGGREGATE),
          legend: '{{aggregate_type}} failed',
        },
      ],
      alerts: ['EventProcessingErrors', 'EventProjectionErrorBudgetBurn'],
    }),
    lines({
      title: 'Projection lag',
      description:
        'Age of the oldest event without a projection. A slope of one: nothing projects it; above 5 min it pages.',
      unit: 's',
      queries: [
        { expr: max(own('events_unprocessed_oldest_age_seconds')), legend: 'oldest event' },
      ],
      softMax: 330,
      alerts: ['UnprocessedEventsOld'],
      thresholds: { critical: 300 },
    }),
    lines({
      title: 'Time to append and project one event',
      description:
        'p95 by aggregate; a dot is one append with its trace. Rising for all: the database; for one: its projection.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(own('event_append_duration_seconds_bucket')), 'le', AGGREGATE),
          ),
          legend: '{{aggregate_type}}',
          exemplars: true,
        },
      ],
    }),
  ],
};
