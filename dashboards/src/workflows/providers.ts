/** Calls of providers: Cloudflare, Supabase, the mail server, DNS, identity providers. */
import type { Section } from '../frame.ts';
import { bars, lines } from '../panels.ts';
import { increase, own, quantile, rate, ratio, sum } from '../promql.ts';

const ENDPOINT = ['provider', 'endpoint'] as const;
const FAULTS = 'outcome!="ok"';

export const providers: Section = {
  title: 'Providers',
  panels: [
    bars({
      title: 'Calls of providers',
      description:
        'Per interval. refused: they say no; limited: too many calls; failed: their fault; silent: no answer in time.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('provider_requests_total')), 'provider', 'outcome'),
          legend: '{{provider}} {{outcome}}',
        },
      ],
      alerts: ['ProviderErrors', 'DependencyDown'],
    }),
    bars({
      title: 'Calls that were not answered with success',
      description:
        'Per interval, by endpoint. One endpoint alone: a permission, or an outage of a part.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('provider_requests_total', FAULTS)), ...ENDPOINT, 'outcome'),
          legend: '{{provider}} {{endpoint}} {{outcome}}',
        },
      ],
      alerts: ['ProviderErrors'],
    }),
    lines({
      title: 'Latency of providers (p95)',
      description: 'By endpoint. Near the time limit: calls end as silent, and are tried again.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(rate(own('provider_request_duration_seconds_bucket')), 'le', ...ENDPOINT),
          ),
          legend: '{{provider}} {{endpoint}}',
        },
      ],
    }),
    lines({
      title: 'Share of calls without success',
      description: 'By endpoint. Some refusals are answers: an account that does not exist.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            sum(rate(own('provider_requests_total', FAULTS)), ...ENDPOINT),
            sum(rate(own('provider_requests_total')), ...ENDPOINT),
          ),
          legend: '{{provider}} {{endpoint}}',
        },
      ],
      max: 1,
    }),
  ],
};
