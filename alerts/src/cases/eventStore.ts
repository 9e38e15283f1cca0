import type { AlertCase } from '../alertCase.ts';

const CHECKED = 'a4c_health_check_last_success_timestamp_seconds{check="blocked_streams"';

export const eventStoreCases: readonly AlertCase[] = [
  {
    alert: 'UnprocessedEventsOld',
    series: {
      'events_unprocessed_oldest_age_seconds{instance="a"}': '0x10 0+60x20 0x600',
      'events_unprocessed_oldest_age_seconds{instance="b"}': '0x10 0+60x20 0x600',
    },
    silent: '17m',
    firing: '20m',
    resolved: '33m',
    fires: [{ value: '9m 0s' }],
  },
  {
    alert: 'EventProcessingErrors',
    series: { 'a4c_health_check_value{check="processing_errors"}': '0x10 3x10 0x600' },
    silent: '12m',
    firing: '14m',
    resolved: '22m',
    fires: [{ value: '3' }],
  },
  {
    alert: 'HealthCheckFailing',
    rule: { severity: 'critical' },
    series: {
      'a4c_health_check_severity{check="parked_streams",instance="a"}': '0x10 2x10 0x600',
      'a4c_health_check_severity{check="parked_streams",instance="b"}': '0x10 2x10 0x600',
      'a4c_health_check_severity{check="processing_errors"}': '2x700',
    },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { check: 'parked_streams' } }],
  },
  {
    alert: 'HealthCheckFailing',
    rule: { severity: 'warning' },
    series: { 'a4c_health_check_severity{check="index_bloat",instance="a"}': '0x10 1x10 0x600' },
    silent: '14m',
    firing: '17m',
    resolved: '22m',
    fires: [{ labels: { check: 'index_bloat' } }],
  },
  {
    alert: 'HealthCheckStale',
    // From minute 10 one replica no longer runs the check; from minute 20 neither does the other.
    series: {
      [`${CHECKED},instance="a"}`]: '0+60x10 600x60 5000x600',
      [`${CHECKED},instance="b"}`]: '0+60x20 1200x50 5000x600',
    },
    silent: '36m',
    firing: '40m',
    resolved: '75m',
    fires: [{ value: '1' }],
    missing: [{ value: '1' }],
  },
  {
    alert: 'LeaderWorkSilent',
    rule: { severity: 'critical' },
    // Rounds every 15 s, seen by two replicas; from minute 10 to 30 there are none.
    series: {
      'leader_round_age_seconds{work="reconciler",instance="a"}': '15x10 60+60x19 15x600',
      'leader_round_age_seconds{work="reconciler",instance="b"}': '15x10 60+60x19 15x600',
      'leader_round_age_seconds{work="schedules",instance="a"}': '300x640',
      // A session that is dead to us renews it.
      'lease_expires_in_seconds{lease="reconciler",instance="a"}': '10x640',
      'lease_expires_in_seconds{lease="schedules",instance="a"}': '-200x640',
    },
    silent: '15m',
    firing: '19m',
    resolved: '35m',
    fires: [
      { labels: { work: 'reconciler', cause: 'its_holder_does_not_finish' }, value: '9m 0s' },
    ],
  },
  {
    alert: 'LeaderWorkSilent',
    rule: { severity: 'warning' },
    series: {
      'leader_round_age_seconds{work="schedules"}': '40000x10 44000x10 300x600',
      'lease_expires_in_seconds{lease="schedules"}': '-44000x700',
    },
    silent: '11m',
    firing: '15m',
    resolved: '22m',
    fires: [
      { labels: { work: 'schedules', cause: 'nobody_holds_the_lease' }, value: '12h 13m 20s' },
    ],
  },
];
