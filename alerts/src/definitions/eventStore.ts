import { type AlertDefinition, once, type RuleGroup } from '../alert.ts';

const about = { team: 'platform', service: 'event-store' } as const;

const unprocessedOld: AlertDefinition = {
  ...about,
  name: 'UnprocessedEventsOld',
  severity: 'critical',
  expr: (time) => `max(events_unprocessed_oldest_age_seconds) > ${time.seconds('5m')}`,
  for: '1m',
  summary: 'An event has been waiting for its projection for more than 5 minutes',
  description:
    'The oldest event without a projection is {{ $value | humanizeDuration }} old: read models lag behind the facts, and its stream is held.',
};

const processingErrors: AlertDefinition = {
  ...about,
  name: 'EventProcessingErrors',
  severity: 'warning',
  expr: () => 'max(a4c_health_check_value{check="processing_errors"}) > 0',
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
  expr: () => `${once('check', `a4c_health_check_severity{check!~"${OWN}"}`)} == ${verdict}`,
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
    const last = once('check', 'a4c_health_check_last_success_timestamp_seconds');
    return `time() - ${last} > ${time.seconds('15m')}
or absent(a4c_health_check_last_success_timestamp_seconds)`;
  },
  for: '2m',
  summary: 'A health check has not run for 15 minutes',
  description:
    'The check {{ $labels.check }} gives old values: alerts that read it are blind. It fails, it takes too long, or no API replica exports it.',
};

/** How long a round may be ago; schedules are looked after every 10 minutes and fire once a day. */
const ROUNDS = { reconciler: '5m', schedules: '12h' } as const;

const leaderSilent: AlertDefinition = {
  ...about,
  name: 'LeaderWorkSilent',
  severity: 'warning',
  service: 'a4c-api',
  expr: (time) =>
    Object.entries(ROUNDS)
      .map(
        ([work, age]) =>
          `${once('work', `leader_round_age_seconds{work="${work}"}`)} > ${time.seconds(age)}`,
      )
      .join('\nor '),
  for: '2m',
  summary: 'Nobody has finished a round of the {{ $labels.work }}',
  description:
    'The last round ended {{ $value | humanizeDuration }} ago. Reconciler: requests whose start failed keep waiting, and runs that ended without a word stay open. Schedules: one that was deleted is not made again.',
};

export const eventStore: RuleGroup = {
  name: 'eventStore',
  about: 'The event store and the health checks of sql/health.',
  rules: [
    unprocessedOld,
    processingErrors,
    failing('critical', 2),
    failing('warning', 1),
    stale,
    leaderSilent,
  ],
};
