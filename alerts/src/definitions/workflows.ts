import { ORGANIZATION_DELETION } from '#deletion/contract.ts';
import { USER_INVITATION } from '#invitation/contract.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { type AlertDefinition, once, type RuleGroup, total } from '../alert.ts';
import { ours, recorded } from '../selectors.ts';

const BOOTSTRAP = `workflow_type="${ORGANIZATION_BOOTSTRAP}"`;
/** Workflows that end by themselves, without a person. */
const SHORT_RUNS = [ORGANIZATION_BOOTSTRAP, ORGANIZATION_DELETION].join('|');
/** Prometheus 3 writes le="3600" as le="3600.0". */
const le = (seconds: number) => `le=~"${seconds}(\\\\.0)?"`;

const failureRate: AlertDefinition = {
  name: 'WorkflowFailureRateHigh',
  severity: 'warning',
  team: 'platform',
  service: 'a4c-worker',
  // Runs last minutes to an hour, so the failed runs are not those just started: the rule compares
  // rates over an hour, and requires at least five starts.
  expr: () => {
    const started = recorded('workflow_type:workflow_started:increase1h');
    return `${recorded('workflow_type:workflow_failed:increase1h')}
  / ${started} > 0.1
and ${started} > 4.5`;
  },
  for: '5m',
  summary: 'More than a tenth of {{ $labels.workflow_type }} runs fail',
  description:
    '{{ $value | humanizePercentage }} of the runs started within an hour failed, at five starts or more.',
};

const durationExcessive: AlertDefinition = {
  name: 'WorkflowDurationExcessive',
  severity: 'warning',
  team: 'platform',
  service: 'a4c-worker',
  expr: (time) => {
    const range = time.span('15m');
    const closed = once(
      'workflow_type, outcome',
      `increase(${ours('workflow_duration_seconds_count', BOOTSTRAP)}[${range}])`,
    );
    const inTime = once(
      'workflow_type, outcome',
      `increase(${ours('workflow_duration_seconds_bucket', BOOTSTRAP, le(time.seconds('1h')))}[${range}])`,
    );
    return `${total('workflow_type', closed)}
  - ${total('workflow_type', inTime)} > 0.5`;
  },
  summary: 'A {{ $labels.workflow_type }} run took more than an hour',
  description:
    '{{ $value | humanize }} runs that ended within 15 minutes had taken more than an hour. Runs that have not ended are WorkflowStuck.',
};

const stuck: AlertDefinition = {
  name: 'WorkflowStuck',
  severity: 'critical',
  team: 'platform',
  service: 'a4c-worker',
  // A bootstrap that waits for a person may be a day old, an invitation a week. Runs about single
  // sign-on and domains wait for customers without a limit of ours.
  expr: (time) => {
    const oldest = (types: string) =>
      once('workflow_type', ours('workflow_oldest_run_age_seconds', `workflow_type${types}`));
    const person = `${once('', ours('a4c_health_check_value', 'check="dns_waiting_for_person"'))} == 0`;
    return `(${oldest(`=~"${SHORT_RUNS}"`)} > ${time.seconds('2h')} and on (environment) ${person})
or ${oldest(`=~"${SHORT_RUNS}"`)} > ${time.seconds('28h')}
or ${oldest(`="${USER_INVITATION}"`)} > ${time.seconds('8d')}`;
  },
  for: '5m',
  summary: 'A {{ $labels.workflow_type }} run does not come to an end',
  description:
    'The oldest run in flight is {{ $value | humanizeDuration }} old, and it waits for nobody, or has for longer than such a wait can last.',
};

const increaseOf = (name: 'started' | 'failed' | 'closed', labels: string) => ({
  record: `workflow_type:workflow_${name}:increase1h`,
  expr: (time: Parameters<AlertDefinition['expr']>[0]) =>
    total(
      'workflow_type',
      once(labels, `increase(${ours(`workflow_${name}_total`)}[${time.span('1h')}])`),
    ),
});

export const workflows: RuleGroup = {
  name: 'workflows',
  about: 'Runs of workflows: totals come from the database and are the same in every API replica.',
  rules: [
    increaseOf('started', 'workflow_type, task_queue'),
    increaseOf('failed', 'workflow_type, task_queue'),
    increaseOf('closed', 'workflow_type, task_queue, outcome'),
    failureRate,
    durationExcessive,
    stuck,
  ],
};
