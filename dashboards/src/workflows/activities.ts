/** Attempts at activities, and what they wait for. */
import type { Section } from '../frame.ts';
import { bars, lines, spread } from '../panels.ts';
import { increase, own, quantile, rate, ratio, sum } from '../promql.ts';

export const activities: Section = {
  title: 'Activities (attempts)',
  panels: [
    lines({
      title: 'Attempts',
      description:
        'Attempts that ended, per second, by activity. None while runs are in flight: see the Temporal worker dashboard.',
      unit: 'ops',
      queries: [
        { expr: sum(rate(own('activity_executed_total')), 'activity'), legend: '{{activity}}' },
      ],
    }),
    bars({
      title: 'Failed attempts',
      description:
        'Per interval, by activity. Retries are normal when a provider stumbles; the runbooks tell what each provider needs.',
      unit: 'short',
      queries: [
        { expr: sum(increase(own('activity_failed_total')), 'activity'), legend: '{{activity}}' },
      ],
      alerts: ['DNSConfigurationFailures', 'InvitationDeliveryFailing'],
    }),
    bars({
      title: 'Attempts that are waited out',
      description:
        'No failures: the runs go on when the answer changes. Refused credentials, quotas and repairs of our own database need a person.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('activity_waits_total')), 'provider', 'kind'),
          legend: '{{provider}} {{kind}}',
        },
      ],
      alerts: ['ProviderKeepsUsWaiting', 'ProviderRefusesUs', 'StoreNeedsRepair'],
    }),
    lines({
      title: 'Failed share of attempts',
      description:
        'Over the shown interval, by activity. verifyDNSActivity does not fail while it waits: it answers that the record is not there yet.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            sum(rate(own('activity_failed_total')), 'activity'),
            sum(rate(own('activity_executed_total')), 'activity'),
          ),
          legend: '{{activity}}',
        },
      ],
      max: 1,
    }),
    lines({
      title: 'Duration of an attempt (p95)',
      description:
        'By activity. A dot is one attempt with its trace: open it to see which call took the time.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(own('activity_duration_seconds_bucket')), 'le', 'activity'),
          ),
          legend: '{{activity}}',
          exemplars: true,
        },
      ],
    }),
    lines({
      title: 'Retries before success (mean)',
      description:
        'By activity. 0 is normal. Above 1: the provider behind it is failing about every second time.',
      unit: 'short',
      queries: [
        {
          expr: ratio(
            sum(rate(own('activity_retry_count_sum')), 'activity'),
            sum(rate(own('activity_retry_count_count')), 'activity'),
          ),
          legend: '{{activity}}',
        },
      ],
    }),
    spread({
      title: 'How long attempts take',
      width: 24,
      description: 'All activities. A second band at a round number is a timeout.',
      unit: 's',
      queries: [
        {
          expr: sum(increase(own('activity_duration_seconds_bucket')), 'le'),
          legend: '{{le}}',
        },
      ],
    }),
  ],
};
