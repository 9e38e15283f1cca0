/**
 * Service level objectives: one table, from which recording rules and burn-rate alerts are
 * generated (Site Reliability Workbook, chapter 5). An alert fires when the error budget is used
 * too fast over a long window and still is over a short one.
 */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { type AlertDefinition, type RecordingRule, type RuleGroup, total } from './alert.ts';
import { totalOf } from './definitions/totals.ts';
import { ours, recorded, SELECTORS } from './selectors.ts';
import type { Duration } from './timeScale.ts';

interface Objective {
  slo: string;
  alert: string;
  /** Target share of good events. */
  target: number;
  /** Whether a fast burn is critical. */
  pages: boolean;
  /** Bad events that have to be in the long window: a single one is no burn, in any traffic. */
  minimumErrors: number;
  service: string;
  what: string;
  /** Expressions of per-second rates over a range. */
  bad: (range: string) => string;
  total: (range: string) => string;
}

const START = 'method="POST",route="/api/v1/workflows/organization-bootstrap"';
const API_ROUTES = 'route=~"/api/.+"';
const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;

export const OBJECTIVES: readonly Objective[] = [
  {
    slo: 'api-availability',
    alert: 'ApiErrorBudgetBurn',
    target: 0.999,
    pages: true,
    minimumErrors: 5,
    service: 'a4c-api',
    what: 'API requests are answered without a server error',
    bad: (range) =>
      total('', `rate(${ours('http_requests_total', API_ROUTES, 'status=~"5.+"')}[${range}])`),
    total: (range) => total('', `rate(${ours('http_requests_total', API_ROUTES)}[${range}])`),
  },
  {
    slo: 'start-latency',
    alert: 'StartLatencyBudgetBurn',
    target: 0.99,
    pages: false,
    minimumErrors: 5,
    service: 'a4c-api',
    what: 'requests to start an onboarding are answered within 150 ms',
    bad: (range) =>
      `(${total('', `rate(${ours('http_request_duration_seconds_count', START)}[${range}])`)} - ${total('', `rate(${ours('http_request_duration_seconds_bucket', START, 'le="0.15"')}[${range}])`)})`,
    total: (range) =>
      total('', `rate(${ours('http_request_duration_seconds_count', START)}[${range}])`),
  },
  {
    slo: 'bootstrap-success',
    alert: 'BootstrapErrorBudgetBurn',
    target: 0.95,
    pages: false,
    minimumErrors: 3,
    service: 'a4c-worker',
    what: 'onboardings that nobody cancels succeed',
    bad: (range) => total('', `rate(${totalOf('workflow_failed_total', BOOTSTRAP)}[${range}])`),
    total: (range) =>
      total(
        '',
        `rate(${totalOf('workflow_closed_total', BOOTSTRAP, 'outcome!="cancelled"')}[${range}])`,
      ),
  },
  {
    slo: 'canary-success',
    alert: 'CanaryErrorBudgetBurn',
    target: 0.99,
    pages: false,
    minimumErrors: 3,
    service: 'canary',
    what: 'canaries are onboarded and removed again',
    bad: (range) =>
      total('', `rate(${totalOf('canary_runs_total', 'outcome!="completed"')}[${range}])`),
    total: (range) => total('', `rate(${totalOf('canary_runs_total')}[${range}])`),
  },
  {
    slo: 'event-projection',
    alert: 'EventProjectionErrorBudgetBurn',
    target: 0.999,
    pages: false,
    minimumErrors: 3,
    service: 'event-store',
    what: 'events are projected in the transaction that appends them',
    bad: (range) => total('', `rate(${ours('events_failed_total')}[${range}])`),
    total: (range) => total('', `rate(${ours('events_appended_total')}[${range}])`),
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
    const events = objective.total(range);
    return `(${objective.bad(range)} or 0 * ${events})
  / (${events} > 0)`;
  },
});

const errorsIn = (objective: Objective, span: Duration): RecordingRule => ({
  record: `slo:errors:increase${span}`,
  labels: { slo: objective.slo },
  expr: (time) => `${objective.bad(time.span(span))} * ${time.seconds(span)}`,
});

/** Rounded, because 1 - 0.001 is not exactly 0.999 in floating point. */
const budgetOf = ({ target }: Objective) => Number((1 - target).toFixed(6));

const budgetLeft = (objective: Objective): RecordingRule => ({
  record: 'slo:error_budget:remaining_ratio',
  labels: { slo: objective.slo },
  expr: () =>
    `1 - ${recorded(`slo:error_ratio:rate${BUDGET_SPAN}`, `slo="${objective.slo}"`)} / ${budgetOf(objective)}`,
});

const targetOf = (objective: Objective): RecordingRule => ({
  record: 'slo:objective:ratio',
  labels: { slo: objective.slo },
  expr: () =>
    SELECTORS.environments
      .map((one) => `label_replace(vector(${objective.target}), "environment", "${one}", "", "")`)
      .join('\nor '),
});

function burnAlert(objective: Objective, burn: Burn): AlertDefinition {
  const of = (record: string, span: Duration) =>
    recorded(`slo:${record}${span}`, `slo="${objective.slo}"`);
  const limit = Number((burn.rate * budgetOf(objective)).toFixed(6));
  return {
    name: objective.alert,
    severity: objective.pages ? burn.severity : 'warning',
    team: 'platform',
    service: objective.service,
    labels: { long: burn.long, short: burn.short },
    expr: () => `${of('error_ratio:rate', burn.long)} > ${limit}
and ${of('error_ratio:rate', burn.short)} > ${limit}
and ${of('errors:increase', burn.long)} > ${objective.minimumErrors - 0.5}`,
    for: '2m',
    keepFiringFor: '10m',
    summary: `The error budget of ${objective.slo} burns ${burn.rate} times too fast`,
    description: `Objective: ${Number((objective.target * 100).toFixed(3))} % of ${objective.what}. Over ${burn.long}, {{ $value | humanizePercentage }} were not.`,
  };
}

const recordingRules = (objective: Objective): RecordingRule[] => [
  ...RATIO_SPANS.map((span) => errorRatio(objective, span)),
  ...BURNS.map(({ long }) => errorsIn(objective, long)),
  targetOf(objective),
  budgetLeft(objective),
];

/** One group per objective: rules of a group are evaluated in order, recording rules first. */
export const objectives: readonly RuleGroup[] = OBJECTIVES.map((objective) => ({
  name: `slo-${objective.slo}`,
  about: `Objective: ${Number((objective.target * 100).toFixed(3))} % of ${objective.what}.`,
  rules: [...recordingRules(objective), ...BURNS.map((burn) => burnAlert(objective, burn))],
}));
