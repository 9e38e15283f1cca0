/** Runs: how they end, and how long they take. */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import type { Section } from '../frame.ts';
import { organizationRun, RUN_LINKS, temporalList } from '../links.ts';
import { bars, lines, number, spread, stairs } from '../panels.ts';
import {
  increase,
  max,
  own,
  percent,
  QUANTILES,
  quantile,
  rate,
  ratio,
  recorded,
  SHOWN_RANGE,
  sum,
} from '../promql.ts';

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
const TYPE = 'workflow_type';
const closedAs = (outcome: string) =>
  `round(sum(${max(increase(own('workflow_closed_total', `outcome="${outcome}"`), SHOWN_RANGE), TYPE)}))`;
const ofStatus = (status: string) => temporalList(status, `ExecutionStatus="${status}"`);

const ended = (title: string, outcome: string, description: string, status: string) =>
  number({
    title,
    description,
    unit: 'short',
    queries: [{ expr: closedAs(outcome) }],
    links: [ofStatus(status)],
    ...(outcome !== 'completed' && outcome !== 'cancelled' && { thresholds: { critical: 1 } }),
  });

export const runs: Section = {
  title: 'Runs',
  panels: [
    ended('Completed', 'completed', 'Runs that completed within the shown range.', 'Completed'),
    ended(
      'Failed',
      'failed',
      'Runs that failed within the shown range, after undoing what they had done. The failure stage is in the event; the error in Temporal.',
      'Failed',
    ),
    ended(
      'Cancelled',
      'cancelled',
      'Runs that a person cancelled within the shown range; they undid what they had done.',
      'Canceled',
    ),
    ended(
      'Terminated',
      'terminated',
      'Runs ended from outside within the shown range. They undid nothing: check the organization, its DNS record and its invitations.',
      'Terminated',
    ),
    ended(
      'Timed out',
      'timed_out',
      'Runs that Temporal ended for their age within the shown range. They undid nothing: check the organization, its DNS record and its invitations.',
      'TimedOut',
    ),
    number({
      title: 'In flight',
      description: 'Runs that have started and not ended.',
      unit: 'short',
      queries: [{ expr: `sum(${max(own('workflow_runs_in_flight'), TYPE)})` }],
      links: [ofStatus('Running')],
    }),
    bars({
      title: 'Runs by outcome',
      description:
        'Ended runs per interval, read from the database: exact after crashes. Failures that start with a deployment: roll it back.',
      unit: 'short',
      queries: [
        {
          expr: sum(max(increase(own('workflow_closed_total')), TYPE, 'outcome'), 'outcome'),
          legend: '{{outcome}}',
        },
      ],
      alerts: ['WorkflowFailureRateHigh'],
      links: RUN_LINKS,
    }),
    lines({
      title: 'Failed share of started (1 h)',
      description:
        'Above 10 % with five starts or more: see which activity fails below, then the runbook.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            recorded('workflow_type:workflow_failed:increase1h'),
            recorded('workflow_type:workflow_started:increase1h'),
          ),
          legend: '{{workflow_type}}',
        },
      ],
      alerts: ['WorkflowFailureRateHigh'],
      thresholds: { warning: 0.1 },
    }),
    stairs({
      title: 'Started, completed, failed',
      description:
        'Per interval. More started than ended for longer than the DNS waits: runs pile up; look at the oldest one.',
      unit: 'short',
      queries: [
        { expr: `sum(${max(increase(own('workflow_started_total')), TYPE)})`, legend: 'started' },
        {
          expr: `sum(${max(increase(own('workflow_completed_total')), TYPE)})`,
          legend: 'completed',
        },
        { expr: `sum(${max(increase(own('workflow_failed_total')), TYPE)})`, legend: 'failed' },
      ],
      links: RUN_LINKS,
    }),
    lines({
      title: 'Oldest run in flight',
      description:
        'Two hours, and nobody is asked about DNS: the run is stuck; open it in Temporal and look at its pending activity.',
      unit: 's',
      queries: [
        {
          expr: max(own('workflow_oldest_run_age_seconds'), TYPE),
          legend: '{{workflow_type}}',
        },
      ],
      alerts: ['WorkflowStuck'],
      thresholds: { warning: 7200, critical: 100_800 },
      links: [ofStatus('Running'), organizationRun],
    }),
    lines({
      title: 'Duration of completed bootstraps',
      description:
        'Minutes, nearly all of them waiting for DNS. Above an hour: DNS propagation, or activities that are retried.',
      unit: 's',
      queries: QUANTILES.map((q) => ({
        expr: quantile(
          q,
          max(
            rate(own('workflow_duration_seconds_bucket', `${BOOTSTRAP},outcome="completed"`)),
            'le',
          ),
        ),
        legend: percent(q),
      })),
      alerts: ['WorkflowDurationExcessive'],
      thresholds: { warning: 3600 },
      width: 8,
    }),
    lines({
      title: 'Duration of completed runs by type (p95)',
      description: 'Invitations wait for their person, up to seven days; all others take minutes.',
      unit: 's',
      queries: [
        {
          expr: quantile(
            0.95,
            max(rate(own('workflow_duration_seconds_bucket', 'outcome="completed"')), 'le', TYPE),
          ),
          legend: '{{workflow_type}}',
        },
      ],
      width: 8,
    }),
    spread({
      title: 'How long bootstraps take',
      width: 8,
      description:
        'Ended bootstraps by duration. Two bands: some customers have no subdomain and wait for nothing. A band that moves up: DNS takes longer.',
      unit: 's',
      queries: [
        {
          expr: max(increase(own('workflow_duration_seconds_bucket', BOOTSTRAP)), 'le'),
          legend: '{{le}}',
        },
      ],
      alerts: ['WorkflowDurationExcessive'],
    }),
  ],
};
