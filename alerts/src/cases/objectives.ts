/**
 * Each objective is tested with an hour of good events, 20 minutes of bad ones, and good ones
 * again. Every pair of windows whose limit is exceeded has to fire, and no other.
 */
import type { AlertCase, FiringAlert } from '../alertCase.ts';

const GOOD = '0+10x60 600x19 610+10x1500';
const BAD = '0x60 10+10x19 200x1500';
const ALL = '0+10x1600';
/** The same with one event for every ten. */
const FEW_GOOD = '0+1x60 60x19 61+1x1500';
const FEW_BAD = '0x60 1+1x19 20x1500';
const FEW_ALL = '0+1x1600';

const API = 'http_requests_total{route="/api/v1/workflows/:workflowId",';
const START = 'method="POST",route="/api/v1/workflows/organization-bootstrap"';
const BOOTSTRAP = 'workflow_type="OrganizationBootstrapWorkflow",task_queue="bootstrap"';
const SHORT: Record<string, string> = { '1h': '5m', '6h': '30m', '1d': '2h', '3d': '6h' };

const firing = (slo: string, values: Record<string, string>): FiringAlert[] =>
  Object.entries(values).map(([long, value]) => ({
    rule: { long },
    labels: { slo, long, short: SHORT[long]! },
    value,
  }));
const times = { silent: '60m', firing: '80m', resolved: '450m' } as const;

/** One answer of 503 at a steady traffic of so many requests an hour. */
const single503 = (requestsPerHour: number): AlertCase => ({
  alert: 'ApiErrorBudgetBurn',
  series: {
    [`${API}status="200",method="GET"}`]: `0+${requestsPerHour / 60}x200`,
    [`${API}status="503",method="GET"}`]: '0x60 1x140',
  },
  silent: '64m',
  firing: '70m',
  fires: [],
});

export const objectiveCases: readonly AlertCase[] = [
  single503(10),
  single503(30),
  single503(60),
  {
    ...times,
    alert: 'ApiErrorBudgetBurn',
    series: {
      [`${API}status="200",method="GET"}`]: GOOD,
      [`${API}status="500",method="GET"}`]: BAD,
      // Health probes do not count as requests.
      'http_requests_total{route="/ready",status="503",method="GET"}': ALL,
    },
    fires: firing('api-availability', { '1h': '33.33%', '6h': '25%', '1d': '25%', '3d': '25%' }),
  },
  {
    ...times,
    alert: 'StartLatencyBudgetBurn',
    series: {
      [`http_request_duration_seconds_bucket{${START},le="0.15"}`]: GOOD,
      [`http_request_duration_seconds_count{${START}}`]: ALL,
    },
    fires: firing('start-latency', { '1h': '33.33%', '6h': '25%', '1d': '25%', '3d': '25%' }),
  },
  {
    ...times,
    alert: 'BootstrapErrorBudgetBurn',
    // Two replicas with the same totals, and one run per minute.
    series: {
      [`workflow_failed_total{${BOOTSTRAP},instance="a"}`]: FEW_BAD,
      [`workflow_failed_total{${BOOTSTRAP},instance="b"}`]: FEW_BAD,
      [`workflow_closed_total{${BOOTSTRAP},outcome="completed",instance="a"}`]: FEW_GOOD,
      [`workflow_closed_total{${BOOTSTRAP},outcome="completed",instance="b"}`]: FEW_GOOD,
      [`workflow_closed_total{${BOOTSTRAP},outcome="failed",instance="a"}`]: FEW_BAD,
      [`workflow_closed_total{${BOOTSTRAP},outcome="cancelled",instance="a"}`]: FEW_ALL,
    },
    fires: firing('bootstrap-success', { '1d': '25%', '3d': '25%' }),
  },
  {
    ...times,
    alert: 'CanaryErrorBudgetBurn',
    // Both kinds of failure, as two replicas read them.
    series: {
      'canary_runs_total{outcome="completed",instance="a"}': GOOD,
      'canary_runs_total{outcome="completed",instance="b"}': GOOD,
      'canary_runs_total{outcome="failed",instance="a"}': BAD,
      'canary_runs_total{outcome="failed",instance="b"}': BAD,
      'canary_runs_total{outcome="cleanup_failed",instance="a"}': '0x1600',
    },
    fires: firing('canary-success', { '1h': '33.33%', '6h': '25%', '1d': '25%', '3d': '25%' }),
  },
  {
    ...times,
    alert: 'EventProjectionErrorBudgetBurn',
    series: {
      'events_failed_total{aggregate_type="organization",instance="w"}': BAD,
      'events_appended_total{aggregate_type="organization",instance="w"}': ALL,
    },
    fires: firing('event-projection', { '1h': '33.33%', '6h': '25%', '1d': '25%', '3d': '25%' }),
  },
];
