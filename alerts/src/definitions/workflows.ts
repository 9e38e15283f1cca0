import { ORGANIZATION_DELETION } from '#deletion/contract.ts';
import { WORKFLOWS } from '#families.ts';
import { USER_INVITATION } from '#invitation/contract.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { type AlertDefinition, once, type RuleGroup, total } from '../alert.ts';
import { ours, recorded } from '../selectors.ts';
import type { TimeScale } from '../timeScale.ts';
import { totalOf } from './totals.ts';

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
/** Prometheus 3 writes le="3600" as le="3600.0". */
const le = (seconds: number) => `le=~"${seconds}(\\\\.0)?"`;

const failureRate: AlertDefinition = {
  name: 'WorkflowFailureRateHigh',
  severity: 'warning',
  team: 'platform',
  service: 'a4c-worker',
  // Runs last minutes to an hour, so the failed runs are not those just started: the rule compares
  // rates over an hour, and requires at least five starts and two
  // failures.
  expr: () => {
    const started = recorded('workflow_type:workflow_started:increase1h');
    const failed = recorded('workflow_type:workflow_failed:increase1h');
    return `${failed}
  / ${started} > 0.1
and ${started} > 4.5
and ${failed} > 1.5`;
  },
  for: '5m',
  summary: 'More than a tenth of {{ $labels.workflow_type }} runs fail',
  description:
    '{{ $value | humanizePercentage }} of the runs started within an hour failed: two or more, at five starts or more.',
};

/** Not those that a person cancelled. */
const endedWithin = (range: string, matcher: string): string =>
  total('', `increase(${totalOf('workflow_closed_total', BOOTSTRAP, matcher)}[${range}])`);

const nothingCompletes: AlertDefinition = {
  name: 'NothingCompletes',
  severity: 'critical',
  team: 'platform',
  service: 'a4c-worker',
  expr: (time) => {
    const range = time.span('1h');
    return `${endedWithin(range, 'outcome!="cancelled"')} > 2.5
unless ${endedWithin(range, 'outcome="completed"')} > 0.5`;
  },
  for: '1m',
  keepFiringFor: '15m',
  summary: 'Onboardings end, and none of them succeeds',
  description:
    '{{ $value | humanize }} onboardings ended within an hour, and none of them completed. Whatever the cause: nobody is being onboarded.',
};

const durationExcessive: AlertDefinition = {
  name: 'WorkflowDurationExcessive',
  severity: 'warning',
  team: 'platform',
  service: 'a4c-worker',
  expr: (time) => {
    const range = time.span('15m');
    const closed = `increase(${totalOf('workflow_duration_seconds_count', BOOTSTRAP)}[${range}])`;
    const inTime = `increase(${totalOf('workflow_duration_seconds_bucket', BOOTSTRAP, le(time.seconds('1h')))}[${range}])`;
    return `round(${total('workflow_type', closed)}
  - ${total('workflow_type', inTime)}) > 0`;
  },
  summary: 'A {{ $labels.workflow_type }} run took more than an hour',
  description:
    '{{ $value | humanize }} runs that ended within 15 minutes had taken more than an hour. Runs that have not ended are WorkflowStuck.',
};

/** Workflows whose runs end by themselves, without a person, by their task queue. */
const SHORT_RUNS = [ORGANIZATION_BOOTSTRAP, ORGANIZATION_DELETION];

const queueOf = (type: string): string => WORKFLOWS.find((each) => each.type === type)!.queue;

/** Age of the oldest run of each type; the label of its queue serves inhibitions. */
const oldestOf = (type: string): string => {
  const oldest = once(
    'workflow_type',
    ours('workflow_oldest_run_age_seconds', `workflow_type="${type}"`),
  );
  return `label_replace(${oldest}, "task_queue", "${queueOf(type)}", "", "")`;
};

/** Runs that wait for a provider or for our database try again within twelve minutes and a half. */
const waitsAllowed = (time: TimeScale): string =>
  `(${total('', `increase(${ours('activity_waits_total')}[${time.span('20m')}])`)} > 0)`;

const personAsked = `(${once('', ours('a4c_health_check_value', 'check="dns_waiting_for_person"'))} > 0)`;

const stuck: AlertDefinition = {
  name: 'WorkflowStuck',
  severity: 'critical',
  team: 'platform',
  service: 'a4c-worker',
  // Policy lets a run wait for others for a day, and for a person for another; an invitation may be a
  // week old. Runs about single sign-on and domains wait for customers without a limit of ours.
  expr: (time) => {
    const waits = `unless on (environment) ${waitsAllowed(time)}`;
    const short = SHORT_RUNS.flatMap((type) => [
      `(${oldestOf(type)} > ${time.seconds('2h')} unless on (environment) ${personAsked} ${waits})`,
      `(${oldestOf(type)} > ${time.seconds('28h')} ${waits})`,
      `${oldestOf(type)} > ${time.seconds('52h')}`,
    ]);
    return [...short, `${oldestOf(USER_INVITATION)} > ${time.seconds('8d')}`].join('\nor ');
  },
  for: '5m',
  summary: 'A {{ $labels.workflow_type }} run does not come to an end',
  description:
    'The oldest run in flight is {{ $value | humanizeDuration }} old, and waits for nobody, or has for longer than such a wait can last.',
};

const increaseOf = (name: 'started' | 'failed' | 'closed') => ({
  record: `workflow_type:workflow_${name}:increase1h`,
  expr: (time: Parameters<AlertDefinition['expr']>[0]) =>
    total('workflow_type', `increase(${totalOf(`workflow_${name}_total`)}[${time.span('1h')}])`),
});

export const workflows: RuleGroup = {
  name: 'workflows',
  about: 'Runs of workflows: totals come from the database and are the same in every API replica.',
  rules: [
    increaseOf('started'),
    increaseOf('failed'),
    increaseOf('closed'),
    failureRate,
    nothingCompletes,
    durationExcessive,
    stuck,
  ],
};
