/** Whether customers are being onboarded, and what says no. */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { COLOURS } from '../colours.ts';
import type { Section } from '../frame.ts';
import { RUN_LINKS, runbookOfRow, temporalList } from '../links.ts';
import { bars, number, rows, stairs, verdict } from '../panels.ts';
import { alerts, increase, max, own, quantile, SHOWN_RANGE } from '../promql.ts';
import { ANSWER, CONDITIONS } from './conditions.ts';

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
const WITHIN_RANGE = (series: string) => `round(${max(increase(series, SHOWN_RANGE))})`;

const OK = { text: 'OK', color: COLOURS.good };
const FAILING = { text: 'FAILING', color: COLOURS.failed };

export const answer: Section = {
  title: 'Are customers being onboarded?',
  panels: [
    verdict(
      {
        title: 'Can customers be onboarded?',
        description:
          'YES when every condition to the right holds. NO: look at the first one that fails. UNKNOWN: Prometheus does not evaluate the rules of alerts/.',
        unit: 'short',
        queries: [{ expr: ANSWER }],
        alerts: ['TargetDown', 'NoPollers', 'WorkflowFailureRateHigh'],
        width: 5,
        height: 7,
        noValue: 'UNKNOWN',
      },
      { 1: { text: 'YES', color: COLOURS.good }, 0: { text: 'NO', color: COLOURS.failed } },
    ),
    verdict(
      {
        title: 'Conditions',
        description:
          'What the answer is made of. What nobody can say counts as failing. Serve: see the row below. Poll: NoPollers. Taken: no task waits for more than a minute. Succeed: at most one run in ten failed within an hour. Ended: of three or more that ended within an hour, one completed. Projected: no event waits longer than five minutes.',
        unit: 'short',
        queries: [...CONDITIONS],
        alerts: [
          'TargetDown',
          'NoPollers',
          'BacklogAgeHigh',
          'WorkflowFailureRateHigh',
          'UnprocessedEventsOld',
        ],
        width: 19,
        height: 7,
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
      links: RUN_LINKS,
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
      thresholds: { critical: 1 },
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
      queries: [
        { expr: `count(${alerts('alertstate="firing",alertname!="Watchdog"')}) or vector(0)` },
      ],
      thresholds: { warning: 1 },
    }),
    stairs({
      title: 'Bootstraps started and ended',
      description:
        'Per interval. Started without ended, for longer than the DNS waits: runs do not get on.',
      unit: 'short',
      queries: [
        { expr: max(increase(own('workflow_started_total', BOOTSTRAP))), legend: 'started' },
        {
          expr: `sum(${max(increase(own('workflow_closed_total', BOOTSTRAP)), 'outcome')})`,
          legend: 'ended',
        },
      ],
      alerts: ['WorkflowStuck'],
      links: RUN_LINKS,
      width: 8,
    }),
    bars({
      title: 'How bootstraps ended',
      description: 'Per interval. Nothing but failures: see the conditions above.',
      unit: 'short',
      queries: [
        {
          expr: max(increase(own('workflow_closed_total', BOOTSTRAP)), 'outcome'),
          legend: '{{outcome}}',
        },
      ],
      alerts: ['WorkflowFailureRateHigh'],
      links: RUN_LINKS,
      width: 8,
    }),
    rows(
      {
        title: 'Alerts that fire',
        description:
          'Watchdog alone: all is well, and alerting works. Nothing at all: Prometheus does not evaluate the rules. A click on an alert opens its runbook.',
        unit: 'short',
        queries: [
          {
            expr: max(alerts('alertstate="firing"'), 'alertname', 'severity', 'service'),
          },
        ],
        alerts: ['Watchdog'],
        width: 8,
      },
      { alertname: 'Alert', severity: 'Severity', service: 'Service' },
      { rowLink: runbookOfRow('Alert') },
    ),
  ],
};
