/** What the answer of the overview is made of. */
import { QUEUE_NAMES } from '#kernel/queues.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { alerts, core, increase, max, own, recorded, sum } from '../promql.ts';

export interface Condition {
  legend: string;
  /** 1 when it holds, 0 when not or when nobody can say. */
  expr: string;
}

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
const HOUR = '1h';
/** Below it, one failed run of two would say more than it means. */
const FEWEST_ENDED = 3;
const BACKLOG_SECONDS = 60;
const UNPROJECTED_SECONDS = 300;

/** Without data nobody knows whether it holds, so it does not. */
const otherwise = (value: 0 | 1, expr: string): string => `(${expr} or vector(${value}))`;

const closed = (matchers: string): string =>
  `sum(${max(increase(own('workflow_closed_total', [BOOTSTRAP, matchers].join(',')), HOUR), 'outcome')})`;
const ENDED = closed('outcome!="cancelled"');
const COMPLETED = closed('outcome="completed"');

export const CONDITIONS: readonly Condition[] = [
  {
    legend: 'API is scraped',
    expr: otherwise(0, `clamp_max(count(${own('http_requests_in_flight')}), 1)`),
  },
  {
    legend: 'Dependencies serve us',
    // One process of a job that is served shows that the dependency is not away.
    expr: otherwise(0, `min(${max(own('dependency_up'), 'job', 'dependency')}) > bool 0`),
  },
  {
    legend: 'Workers poll',
    // The server lists a poller for minutes after it has ended, and a Temporal that hangs tells of none;
    // the workers' own gauge knows nothing of a version that gets no runs.
    expr: [
      ...QUEUE_NAMES.map((queue) =>
        otherwise(0, `${sum(core('num_pollers', `task_queue="${queue}"`))} > bool 0`),
      ),
      otherwise(0, `min(${max(own('temporal_pollers'), 'task_queue', 'task_type')}) > bool 0`),
    ].join(' * '),
  },
  {
    legend: 'New runs have workers',
    expr: otherwise(0, `min(${max(own('worker_version_current'), 'task_queue')}) > bool 0`),
  },
  {
    legend: 'Tasks are taken',
    expr: otherwise(0, `${max(own('temporal_backlog_age_seconds'))} <= bool ${BACKLOG_SECONDS}`),
  },
  {
    legend: 'Runs succeed',
    expr: otherwise(
      1,
      `max(${recorded('workflow_type:workflow_failed:increase1h', BOOTSTRAP)}) <= bool 0.1 * clamp_min(max(${recorded('workflow_type:workflow_started:increase1h', BOOTSTRAP)}), 10)`,
    ),
  },
  {
    legend: 'Ended runs completed',
    // Of three or more that ended within an hour, at least one has completed.
    expr: otherwise(
      1,
      `(${ENDED} < bool ${FEWEST_ENDED - 0.5}) + (${COMPLETED} > bool 0.5) > bool 0`,
    ),
  },
  {
    legend: 'Events are projected',
    expr: otherwise(
      0,
      `${max(own('events_unprocessed_oldest_age_seconds'))} <= bool ${UNPROJECTED_SECONDS}`,
    ),
  },
  {
    legend: 'No critical alert',
    expr: `(count(${alerts('alertstate="firing",severity="critical"')}) or vector(0)) == bool 0`,
  },
];

/** Whether rules are evaluated at all: Watchdog always fires. Without a value nobody knows anything. */
const RULES_ARE_THERE = `clamp_max(count(${alerts('alertname="Watchdog"')}), 1)`;

/** 1 when every condition holds, else 0. */
export const ANSWER = [RULES_ARE_THERE, ...CONDITIONS.map(({ expr }) => `(${expr})`)].join(' * ');
