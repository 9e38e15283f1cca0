/**
 * Service level objectives: one table, from which recording rules and burn-rate alerts are
 * generated (Site Reliability Workbook, chapter 5). An alert fires when the error budget is used
 * too fast over a long window and still is over a short one.
 */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { type AlertDefinition, once, type RecordingRule, type RuleGroup } from './alert.ts';
import type { Duration } from './timeScale.ts';

interface Objective {
  slo: string;
  alert: string;
  /** Target share of good events. */
  target: number;
  /** Whether a fast burn is critical. */
  pages: boolean;
  /** Minimum number of events in the long window: one failure of three is not significant. */
  minimumEvents: number;
  service: string;
  what: string;
  /** Expressions of per-second rates over a range. */
  bad: (range: string) => string;
  total: (range: string) => string;
}

const START = 'method="POST",route="/api/v1/workflows/organization-bootstrap"';
const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;

export const OBJECTIVES: readonly Objective[] = [
  {
    slo: 'api-availability',
    alert: 'ApiErrorBudgetBurn',
    target: 0.999,
    pages: true,
    minimumEvents: 20,
    service: 'a4c-api',
    what: 'API requests are answered without a server error',
    bad: (range) => `sum(rate(http_requests_total{route=~"/api/.+",status=~"5.+"}[${range}]))`,
    total: (range) => `sum(rate(http_requests_total{route=~"/api/.+"}[${range}]))`,
  },
  {
    slo: 'start-latency',
    alert: 'StartLatencyBudgetBurn',
    target: 0.99,
    pages: false,
    minimumEvents: 20,
    service: 'a4c-api',
    what: 'requests to start an onboarding are answered within 150 ms',
    bad: (range) =>
      `(sum(rate(http_request_duration_seconds_count{${START}}[${range}])) - sum(rate(http_request_duration_seconds_bucket{${START},le="0.15"}[${range}])))`,
    total: (range) => `sum(rate(http_request_duration_seconds_count{${START}}[${range}]))`,
  },
  {
    slo: 'bootstrap-success',
    alert: 'BootstrapErrorBudgetBurn',
    target: 0.95,
    pages: false,
    minimumEvents: 5,
    service: 'a4c-worker',
    what: 'onboardings that nobody cancels succeed',
    bad: (range) =>
      `sum(${once('workflow_type', `rate(workflow_failed_total{${BOOTSTRAP}}[${range}])`)})`,
    total: (range) =>
      `sum(${once('outcome', `rate(workflow_closed_total{${BOOTSTRAP},outcome!="cancelled"}[${range}])`)})`,
  },
  {
    slo: 'event-projection',
    alert: 'EventProjectionErrorBudgetBurn',
    target: 0.999,
    pages: false,
    minimumEvents: 20,
    service: 'event-store',
    what: 'events are projected in the transaction that appends them',
    bad: (range) => `sum(rate(events_failed_total[${range}]))`,
    total: (range) => `sum(rate(events_appended_total[${range}]))`,
  },
];

interface Burn {
  long: Duration;
  short: Duration;
  /** Burn rate: how many times faster than the budget of 30 days allows. */
  rate: number;
  severity: 'critical' | 'warning';
}

const BURNS: readonly Burn[] = [
  { long: '1h', short: '5m', rate: 14.4, severity: 'critical' },
  { long: '6h', short: '30m', rate: 6, severity: 'critical' },
  { long: '1d', short: '2h', rate: 3, severity: 'warning' },
  { long: '3d', short: '6h', rate: 1, severity: 'warning' },
];
/** Period of the error budget. */
const BUDGET_SPAN: Duration = '30d';
const RATIO_SPANS: readonly Duration[] = ['5m', '30m', '1h', '2h', '6h', '1d', '3d', BUDGET_SPAN];

/** No value without events; 0 without failed events. */
const errorRatio = (objective: Objective, span: Duration): RecordingRule => ({
  record: `slo:error_ratio:rate${span}`,
  labels: { slo: objective.slo },
  expr(time) {
    const range = time.span(span);
    return `(${objective.bad(range)} or vector(0))
  / (${objective.total(range)} > 0)`;
  },
});

const eventsIn = (objective: Objective, span: Duration): RecordingRule => ({
  record: `slo:events:increase${span}`,
  labels: { slo: objective.slo },
  expr: (time) => `${objective.total(time.span(span))} * ${time.seconds(span)}`,
});

/** Rounded, because 1 - 0.001 is not exactly 0.999 in floating point. */
const budgetOf = ({ target }: Objective) => Number((1 - target).toFixed(6));

const budgetLeft = (objective: Objective): RecordingRule => ({
  record: 'slo:error_budget:remaining_ratio',
  labels: { slo: objective.slo },
  expr: () =>
    `1 - slo:error_ratio:rate${BUDGET_SPAN}{slo="${objective.slo}"} / ${budgetOf(objective)}`,
});

const targetOf = (objective: Objective): RecordingRule => ({
  record: 'slo:objective:ratio',
  labels: { slo: objective.slo },
  expr: () => `vector(${objective.target})`,
});

function burnAlert(objective: Objective, burn: Burn): AlertDefinition {
  const selector = `{slo="${objective.slo}"}`;
  const limit = Number((burn.rate * budgetOf(objective)).toFixed(6));
  return {
    name: objective.alert,
    severity: objective.pages ? burn.severity : 'warning',
    team: 'platform',
    service: objective.service,
    labels: { long: burn.long, short: burn.short },
    expr: () => `slo:error_ratio:rate${burn.long}${selector} > ${limit}
and slo:error_ratio:rate${burn.short}${selector} > ${limit}
and slo:events:increase${burn.long}${selector} >= ${objective.minimumEvents}`,
    summary: `The error budget of ${objective.slo} burns ${burn.rate} times too fast`,
    description: `Objective: ${Number((objective.target * 100).toFixed(3))} % of ${objective.what}. Over ${burn.long}, {{ $value | humanizePercentage }} were not.`,
  };
}

const recorded = (objective: Objective): RecordingRule[] => [
  ...RATIO_SPANS.map((span) => errorRatio(objective, span)),
  ...BURNS.map(({ long }) => eventsIn(objective, long)),
  targetOf(objective),
  budgetLeft(objective),
];

/** One group per objective: rules of a group are evaluated in order, recording rules first. */
export const objectives: readonly RuleGroup[] = OBJECTIVES.map((objective) => ({
  name: `slo-${objective.slo}`,
  about: `Objective: ${Number((objective.target * 100).toFixed(3))} % of ${objective.what}.`,
  rules: [...recorded(objective), ...BURNS.map((burn) => burnAlert(objective, burn))],
}));
