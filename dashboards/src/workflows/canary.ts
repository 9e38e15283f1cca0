/** The synthetic onboarding, which is in none of the other figures. */
import type { Section } from '../frame.ts';
import { bars, lines, number } from '../panels.ts';
import { increase, max, own, percent, QUANTILES, quantile, rate } from '../promql.ts';

export const canary: Section = {
  title: 'Canary',
  panels: [
    number({
      title: 'Switched on',
      description:
        '1 while canaries are made. CANARY_ENABLED switches it, docs/canary.md tells how.',
      unit: 'short',
      queries: [{ expr: max(own('canary_enabled')) }],
    }),
    number({
      title: 'Failures in a row',
      description:
        'Canaries that have failed, or could not be removed, since the last one that completed. Three are a page.',
      unit: 'short',
      queries: [{ expr: max(own('canary_failures_in_a_row')) }],
      thresholds: { warning: 1, critical: 3 },
      alerts: ['CanaryFailing'],
    }),
    number({
      title: 'Since the last success',
      description:
        'Four intervals without one are a page. Since 1970: none has completed yet. The interval is CANARY_INTERVAL_SECONDS.',
      unit: 's',
      queries: [{ expr: `time() - ${max(own('canary_last_success_timestamp_seconds'))}` }],
      alerts: ['CanaryMissing'],
    }),
    bars({
      title: 'Canaries',
      description:
        'Per interval, by outcome. failed: it was not onboarded, or not as it should be, and is removed. cleanup_failed: something is left, which the next one removes.',
      unit: 'short',
      queries: [
        { expr: max(increase(own('canary_runs_total')), 'outcome'), legend: '{{outcome}}' },
      ],
      alerts: ['CanaryFailing'],
    }),
    lines({
      title: 'Time to onboard a canary',
      description:
        'From its request to its active organization and its mail. It contains DNS_PROPAGATION_WAIT_SECONDS, as that of a customer does.',
      unit: 's',
      queries: QUANTILES.map((q) => ({
        expr: quantile(q, max(rate(own('canary_duration_seconds_bucket')), 'le')),
        legend: percent(q),
      })),
    }),
    lines({
      title: 'Interval',
      description: 'From the start of one canary to that of the next, as configured.',
      unit: 's',
      queries: [{ expr: max(own('canary_interval_seconds')), legend: 'interval' }],
    }),
  ],
};
