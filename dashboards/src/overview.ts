/** Overview/SLO: whether organizations are being onboarded, and which dashboard shows a problem. */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import type { DashboardSpec, Section } from './frame.ts';
import { organizationLineage, organizationRun, runbookOfRow, temporalList } from './links.ts';
import { bars, lines, number, rows, verdict } from './panels.ts';
import { increase, max, own, quantile, SHOWN_RANGE } from './promql.ts';

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
const WITHIN_RANGE = (series: string) => `round(${max(increase(series, SHOWN_RANGE))})`;

/** Each expression is 1 when healthy, else 0; without data it has no value. */
const CONDITIONS = [
  { legend: 'API is scraped', expr: `clamp_max(count(${own('http_requests_in_flight')}), 1)` },
  {
    legend: 'Workers poll',
    expr: `min(${max(own('temporal_pollers'), 'task_queue', 'task_type')}) > bool 0`,
  },
  {
    legend: 'Runs succeed',
    expr: `max(workflow_type:workflow_failed:increase1h{${BOOTSTRAP}}) <= bool 0.1 * clamp_min(max(workflow_type:workflow_started:increase1h{${BOOTSTRAP}}), 10)`,
  },
  {
    legend: 'Events are projected',
    expr: `${max(own('events_unprocessed_oldest_age_seconds'))} <= bool 300`,
  },
  {
    legend: 'No critical alert',
    expr: `(count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)) == bool 0`,
  },
];

const OK = { text: 'OK', color: 'green' };
const FAILING = { text: 'FAILING', color: 'red' };

const answer: Section = {
  title: 'Are customers being onboarded?',
  panels: [
    verdict(
      {
        title: 'Can customers be onboarded?',
        description:
          'YES when every condition to the right holds. NO: look at the first one that fails. UNKNOWN: the API is not scraped, or the recording rules of alerts/ are not loaded.',
        unit: 'short',
        queries: [{ expr: CONDITIONS.map(({ expr }) => `(${expr})`).join(' * ') }],
        alerts: ['TargetDown', 'NoPollers'],
        width: 6,
        height: 5,
        noValue: 'UNKNOWN',
      },
      { 1: { text: 'YES', color: 'green' }, 0: { text: 'NO', color: 'red' } },
    ),
    verdict(
      {
        title: 'Conditions',
        description:
          'What the answer is made of. Scraped: see TargetDown. Poll: see NoPollers. Succeed: at most one run in ten failed within an hour. Projected: no event waits longer than five minutes. Alerts: see the table below.',
        unit: 'short',
        queries: CONDITIONS,
        alerts: ['TargetDown', 'NoPollers', 'WorkflowFailureRateHigh', 'UnprocessedEventsOld'],
        width: 18,
        height: 5,
        noValue: 'UNKNOWN',
      },
      { 1: OK, 0: FAILING },
    ),
    number({
      title: 'Onboarded',
      description:
        'Organizations whose bootstrap completed within the shown time range. None, with none started either: nobody asked.',
      unit: 'short',
      queries: [{ expr: WITHIN_RANGE(own('organization_bootstrap_completed_total')) }],
      links: [organizationRun, organizationLineage],
    }),
    number({
      title: 'Being onboarded',
      description:
        'Bootstraps in flight. A number that only grows: no worker polls, or a provider does not answer; see Workflows and activities.',
      unit: 'short',
      queries: [{ expr: max(own('workflow_runs_in_flight', BOOTSTRAP)) }],
      links: [
        temporalList(
          'bootstraps in flight',
          `WorkflowType="${ORGANIZATION_BOOTSTRAP}" AND ExecutionStatus="Running"`,
        ),
      ],
    }),
    number({
      title: 'Failed',
      description:
        'Bootstraps that failed, were terminated or timed out within the shown time range. Each left an organization.bootstrap.failed event with stage and reason.',
      unit: 'short',
      queries: [{ expr: WITHIN_RANGE(own('workflow_failed_total', BOOTSTRAP)) }],
      alerts: ['WorkflowFailureRateHigh'],
      thresholds: { warning: 1 },
      links: [
        temporalList(
          'failed bootstraps',
          `WorkflowType="${ORGANIZATION_BOOTSTRAP}" AND ExecutionStatus="Failed"`,
        ),
      ],
    }),
    number({
      title: 'Time to onboard (p95)',
      description:
        'From the accepted request to the active organization, within the shown range. Most of it is waiting for DNS. Above an hour: look at the propagation time, then at the oldest run.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            max(increase(own('organization_bootstrap_duration_seconds_bucket'), SHOWN_RANGE), 'le'),
          ),
        },
      ],
      alerts: ['WorkflowDurationExcessive'],
      thresholds: { warning: 3600 },
      noValue: 'none ended',
    }),
    number({
      title: 'Waiting for a person',
      description:
        'Runs whose DNS no quorum of resolvers confirms in time. Somebody has to retry, skip or abort each of them.',
      unit: 'short',
      queries: [{ expr: max(own('a4c_health_check_value', 'check="dns_waiting_for_person"')) }],
      alerts: ['DNSVerificationWaitingForPerson'],
      thresholds: { warning: 1 },
    }),
    number({
      title: 'Firing alerts',
      description: 'Without Watchdog, which always fires. The table below names them.',
      unit: 'short',
      queries: [{ expr: 'count(ALERTS{alertstate="firing",alertname!="Watchdog"}) or vector(0)' }],
      thresholds: { warning: 1 },
    }),
    bars({
      title: 'Bootstraps started and ended',
      description:
        'Per interval. Started without ended, for longer than the DNS waits: runs do not get on.',
      unit: 'short',
      queries: [
        { expr: max(increase(own('workflow_started_total', BOOTSTRAP))), legend: 'started' },
        {
          expr: max(increase(own('workflow_closed_total', BOOTSTRAP)), 'outcome'),
          legend: '{{outcome}}',
        },
      ],
      alerts: ['WorkflowFailureRateHigh', 'WorkflowStuck'],
      links: [organizationRun, organizationLineage],
    }),
    rows(
      {
        title: 'Alerts that fire',
        description:
          'Watchdog alone: all is well, and alerting works. Nothing at all: Prometheus does not evaluate the rules. A click on an alert opens its runbook.',
        unit: 'short',
        queries: [
          {
            expr: 'max by (alertname, severity, team, service) (ALERTS{alertstate="firing"})',
          },
        ],
        alerts: ['Watchdog'],
      },
      { alertname: 'Alert', severity: 'Severity', team: 'Team', service: 'Service' },
      { rowLink: runbookOfRow('Alert') },
    ),
  ],
};

const BUDGET_ALERTS = [
  'ApiErrorBudgetBurn',
  'StartLatencyBudgetBurn',
  'BootstrapErrorBudgetBurn',
  'EventProjectionErrorBudgetBurn',
];

const burnRate = (span: string) => `slo:error_ratio:rate${span} / (1 - slo:objective:ratio)`;

const objectives: Section = {
  title: 'Objectives',
  panels: [
    number({
      title: 'Error budget left (30 days)',
      description:
        'Of each objective. 100 %: nothing failed. Below 0 %: the objective is missed; put reliability before features until it recovers.',
      unit: 'percentunit',
      queries: [{ expr: 'slo:error_budget:remaining_ratio', legend: '{{slo}}' }],
      thresholds: { warning: 0.25, critical: 0 },
      smallIsBad: true,
      decimals: 1,
      width: 12,
      height: 5,
    }),
    number({
      title: 'Good events (30 days)',
      description:
        'Share of requests answered without a server error, of starts answered within 150 ms, of onboardings that succeed, of events projected at once. The objectives are 99.9, 99, 95 and 99.9 %.',
      unit: 'percentunit',
      queries: [{ expr: '1 - slo:error_ratio:rate30d', legend: '{{slo}}' }],
      decimals: 2,
      width: 12,
      height: 5,
    }),
    lines({
      title: 'Fast burn (1 h)',
      description:
        'How many times faster than allowed the budget is spent. Above 14.4 for 1 h and 5 min, the API pages. Which requests fail: the API dashboard; which runs: Workflows and activities.',
      unit: 'short',
      queries: [{ expr: burnRate('1h'), legend: '{{slo}}' }],
      alerts: BUDGET_ALERTS,
      thresholds: { warning: 6, critical: 14.4 },
    }),
    lines({
      title: 'Slow burn (3 d)',
      description:
        'How many times faster than allowed the budget is spent. Above 1 over three days, the month will not keep its objective: find the cause within the week.',
      unit: 'short',
      queries: [{ expr: burnRate('3d'), legend: '{{slo}}' }],
      alerts: BUDGET_ALERTS,
      thresholds: { warning: 1, critical: 3 },
    }),
    lines({
      title: 'Requests to start: share within 150 ms (5 min)',
      description:
        'Below 99 %: look at the request latency by route, at queries waiting for a connection, and at the time of an append.',
      unit: 'percentunit',
      queries: [
        { expr: '1 - slo:error_ratio:rate5m{slo="start-latency"}', legend: 'within 150 ms' },
      ],
      alerts: ['StartLatencyBudgetBurn'],
      thresholds: { critical: 0.99 },
      smallIsBad: true,
      max: 1,
    }),
    rows(
      {
        title: 'What runs',
        description:
          'Versions in service. More than one of each for longer than a rollout takes: the rollout is stuck.',
        unit: 'short',
        queries: [
          { expr: `count by (job, version, revision, node_version) (${own('a4c_build_info')})` },
        ],
      },
      {
        job: 'Job',
        version: 'Version',
        revision: 'Revision',
        node_version: 'Node',
        Value: 'Processes',
      },
    ),
  ],
};

export const overview: DashboardSpec = {
  uid: 'a4c-overview',
  title: 'A4C onboarding: Overview and objectives',
  description: 'Are customers being onboarded? What fires, what burns, what runs.',
  sections: [answer, objectives],
};
