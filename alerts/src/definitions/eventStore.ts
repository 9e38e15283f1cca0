import type { LeaderWork } from '#kernel/database/lease.ts';
import { type AlertDefinition, once, type RuleGroup } from '../alert.ts';
import { absentIn, ours } from '../selectors.ts';
import type { Duration } from '../timeScale.ts';

const about = { team: 'platform', service: 'event-store' } as const;

const unprocessedOld: AlertDefinition = {
  ...about,
  name: 'UnprocessedEventsOld',
  severity: 'critical',
  expr: (time) =>
    `${once('', ours('events_unprocessed_oldest_age_seconds'))} > ${time.seconds('5m')}`,
  for: '1m',
  summary: 'An event has been waiting for its projection for more than 5 minutes',
  description:
    'The oldest event without a projection is {{ $value | humanizeDuration }} old: read models lag behind the facts, and its stream is held.',
};

const processingErrors: AlertDefinition = {
  ...about,
  name: 'EventProcessingErrors',
  severity: 'warning',
  expr: () => `${once('', ours('a4c_health_check_value', 'check="processing_errors"'))} > 0`,
  for: '2m',
  summary: 'Projections of events fail',
  description:
    '{{ $value | humanize }} events carry a processing_error. They are retried with growing pauses, and parked after ten attempts.',
};

/** Health checks with alerts of their own. */
const OWN = 'unprocessed_events|processing_errors|dns_waiting_for_person';
const failing = (severity: 'critical' | 'warning', verdict: number): AlertDefinition => ({
  ...about,
  name: 'HealthCheckFailing',
  severity,
  expr: () =>
    `${once('check', ours('a4c_health_check_severity', `check!~"${OWN}"`))} == ${verdict}`,
  for: '5m',
  summary: 'The health check {{ $labels.check }} is not ok',
  description:
    'sql/health/{{ $labels.check }}.sql says so. Its comment tells the meaning; npm run ops -- health shows the rows.',
});

const stale: AlertDefinition = {
  ...about,
  name: 'HealthCheckStale',
  severity: 'warning',
  service: 'a4c-api',
  expr: (time) => {
    const last = once('check', ours('a4c_health_check_last_success_timestamp_seconds'));
    const never = absentIn('api', 'a4c_health_check_last_success_timestamp_seconds');
    // One alert for one cause: the database that does not answer stops all checks.
    return `count by (environment) (time() - ${last} > ${time.seconds('15m')})
or ${once('', never)}`;
  },
  for: '2m',
  summary: 'Health checks have not run for 15 minutes',
  description:
    '{{ $value | humanize }} checks, or all of them, give old values: alerts that read them are blind. They fail, they take too long, or no API replica exports them.',
};

/** Schedules are looked after every 10 minutes, and fire once a day. */
const leaderSilent = (
  severity: 'critical' | 'warning',
  work: LeaderWork,
  age: Duration,
): AlertDefinition => ({
  ...about,
  name: 'LeaderWorkSilent',
  severity,
  service: 'a4c-api',
  expr: (time) => {
    const late = `${once('work', ours('leader_round_age_seconds', `work="${work}"`))} > ${time.seconds(age)}`;
    const free = `${once('', ours('lease_expires_in_seconds', `lease="${work}"`))} <= 0`;
    const because = (cause: string, vector: string) =>
      `label_replace(${vector}, "cause", "${cause}", "", "")`;
    return `${because('nobody_holds_the_lease', `${late} and on (environment) ${free}`)}
or ${because('its_holder_does_not_finish', `${late} unless on (environment) ${free}`)}`;
  },
  for: '2m',
  summary: 'Nobody has finished a round of the {{ $labels.work }} ({{ $labels.cause }})',
  description:
    'The last round ended {{ $value | humanizeDuration }} ago. Reconciler: requests whose start failed keep waiting, and runs that ended without a word stay open. Schedules: one that was deleted is not made again.',
});

export const eventStore: RuleGroup = {
  name: 'eventStore',
  about: 'The event store and the health checks of sql/health.',
  rules: [
    unprocessedOld,
    processingErrors,
    failing('critical', 2),
    failing('warning', 1),
    stale,
    leaderSilent('critical', 'reconciler', '5m'),
    leaderSilent('warning', 'schedules', '12h'),
  ],
};
