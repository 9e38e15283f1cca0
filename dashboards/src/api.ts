/** API: rate, errors and duration of requests, by the template of their route. */
import type { DashboardSpec, Section } from './frame.ts';
import { organizationLineage } from './links.ts';
import { bars, lines, number, spread } from './panels.ts';
import { increase, own, quantile, rate, ratio, SHOWN_RANGE, sum } from './promql.ts';

const REQUESTS = 'route=~"/api/.+"';
const SERVER_ERRORS = `${REQUESTS},status=~"5.+"`;
const START = 'method="POST",route="/api/v1/workflows/organization-bootstrap"';

const summary: Section = {
  title: 'Now',
  panels: [
    number({
      title: 'Requests',
      description: 'Answered within the shown range, without health checks and scrapes.',
      unit: 'short',
      queries: [
        { expr: `round(${sum(increase(own('http_requests_total', REQUESTS), SHOWN_RANGE))})` },
      ],
      width: 6,
    }),
    number({
      title: 'Answered without a server error',
      description: 'Within the shown range. The objective is 99.9 % over 30 days.',
      unit: 'percentunit',
      queries: [
        {
          expr: `1 - ${ratio(
            `(${sum(increase(own('http_requests_total', SERVER_ERRORS), SHOWN_RANGE))} or vector(0))`,
            sum(increase(own('http_requests_total', REQUESTS), SHOWN_RANGE)),
          )}`,
        },
      ],
      alerts: ['ApiErrorBudgetBurn'],
      thresholds: { critical: 0.999 },
      smallIsBad: true,
      decimals: 2,
      width: 6,
    }),
    number({
      title: 'Time to accept an onboarding (p95)',
      description: 'Within the shown range. The objective is 150 ms for 99 of 100.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(increase(own('http_request_duration_seconds_bucket', START), SHOWN_RANGE), 'le'),
          ),
        },
      ],
      alerts: ['StartLatencyBudgetBurn'],
      thresholds: { warning: 0.15 },
      width: 6,
      noValue: 'none asked',
    }),
    number({
      title: 'In flight',
      description:
        'Requests being answered. Growing without more requests: something behind the API does not answer.',
      unit: 'short',
      queries: [{ expr: sum(own('http_requests_in_flight')) }],
      width: 6,
    }),
  ],
};

const red: Section = {
  title: 'Rate, errors, duration',
  panels: [
    lines({
      title: 'Requests by route',
      description: 'Per second. None at all, where there always were some: look before the API.',
      unit: 'reqps',
      queries: [
        {
          expr: sum(rate(own('http_requests_total', REQUESTS)), 'method', 'route'),
          legend: '{{method}} {{route}}',
        },
      ],
    }),
    bars({
      title: 'Answers by status',
      description:
        'Per interval. 5xx: ours; the logs have them by correlation id. 503 start-delayed: Temporal is away, the request is kept. 409: the slug is taken.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('http_requests_total', REQUESTS)), 'status'),
          legend: '{{status}}',
        },
      ],
      alerts: ['ApiErrorBudgetBurn'],
    }),
    lines({
      title: 'Share of server errors by route',
      description: 'One route alone: its code or its query. All of them: database or Temporal.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            `(${sum(rate(own('http_requests_total', SERVER_ERRORS)), 'method', 'route')} or 0 * ${sum(rate(own('http_requests_total', REQUESTS)), 'method', 'route')})`,
            sum(rate(own('http_requests_total', REQUESTS)), 'method', 'route'),
          ),
          legend: '{{method}} {{route}}',
        },
      ],
      alerts: ['ApiErrorBudgetBurn'],
      max: 1,
    }),
    lines({
      title: 'Duration by route (p95)',
      description:
        'A dot is one request with its trace: open it to see which query or call took the time.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            sum(
              rate(own('http_request_duration_seconds_bucket', REQUESTS)),
              'le',
              'method',
              'route',
            ),
          ),
          legend: '{{method}} {{route}}',
          exemplars: true,
        },
      ],
      alerts: ['StartLatencyBudgetBurn'],
    }),
    lines({
      title: 'Accepting an onboarding',
      description:
        'Time to answer POST organization-bootstrap. Above 150 ms: an append, a wait for a connection, or the call to Temporal.',
      unit: 's',
      queries: [0.5, 0.95, 0.99].map((q) => ({
        expr: quantile(q, sum(rate(own('http_request_duration_seconds_bucket', START)), 'le')),
        legend: `p${q * 100}`,
        exemplars: true,
      })),
      alerts: ['StartLatencyBudgetBurn'],
      thresholds: { warning: 0.15 },
      links: [organizationLineage],
    }),
    spread({
      title: 'How long requests take',
      description: 'All routes of the API. A second band far above the first: waits for something.',
      unit: 's',
      queries: [
        {
          expr: sum(increase(own('http_request_duration_seconds_bucket', REQUESTS)), 'le'),
          legend: '{{le}}',
        },
      ],
    }),
    lines({
      title: 'In flight by replica',
      description: 'One replica alone with many: it hangs; the load balancer should take it out.',
      unit: 'short',
      queries: [{ expr: sum(own('http_requests_in_flight'), 'instance'), legend: '{{instance}}' }],
    }),
    bars({
      title: 'Rejected tokens',
      description:
        'Per interval. invalid from one moment on: keys or issuer changed. keys_unavailable: Supabase does not answer at its JWKS. missing: somebody looks around.',
      unit: 'short',
      queries: [
        {
          expr: sum(increase(own('http_rejected_tokens_total')), 'reason'),
          legend: '{{reason}}',
        },
      ],
    }),
  ],
};

export const api: DashboardSpec = {
  uid: 'a4c-api',
  title: 'A4C onboarding: API',
  description: 'Rate, errors and duration of requests, by route.',
  sections: [summary, red],
};
