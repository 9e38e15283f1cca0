/** What the health checks of sql/health say. */
import { COLOURS } from '../colours.ts';
import type { Section } from '../frame.ts';
import { lines, rows } from '../panels.ts';
import { max, own } from '../promql.ts';

/** Checks whose value is no count. */
const TRANSACTION = 'oldest_transaction';
const BLOAT = 'index_bloat';

export const checks: Section = {
  title: 'Health checks (sql/health)',
  panels: [
    rows(
      {
        title: 'Verdicts',
        description:
          'The comment at the top of sql/health/<check>.sql says what it means and what to do; npm run ops -- health shows the rows.',
        unit: 'short',
        queries: [{ expr: `sort_desc(${max(own('a4c_health_check_severity'), 'check')})` }],
        alerts: ['HealthCheckFailing'],
        thresholds: { warning: 1, critical: 2 },
        width: 8,
        height: 13,
      },
      { check: 'Check', Value: 'Severity' },
      {
        answers: {
          0: { text: 'ok', color: COLOURS.good },
          1: { text: 'WARNING', color: COLOURS.warning },
          2: { text: 'CRITICAL', color: COLOURS.failed },
        },
      },
    ),
    lines({
      title: 'What they count',
      description: 'By check. projection_drift above 0: a read model differs from its events.',
      unit: 'short',
      queries: [
        {
          expr: max(
            own('a4c_health_check_value', `check!~"${[TRANSACTION, BLOAT].join('|')}"`),
            'check',
          ),
          legend: '{{check}}',
        },
      ],
      alerts: ['HealthCheckFailing'],
      width: 16,
      height: 13,
    }),
    lines({
      title: 'Oldest open transaction',
      description:
        'It holds up vacuum, and every reader that waits for older transactions. Above half an hour: end it.',
      unit: 's',
      queries: [
        { expr: max(own('a4c_health_check_value', `check="${TRANSACTION}"`)), legend: 'oldest' },
      ],
      alerts: ['HealthCheckFailing'],
    }),
    lines({
      title: 'Largest index that should be small',
      description: 'Entries that vacuum has not removed. Above 64 MB health checks become slow.',
      unit: 'decmbytes',
      queries: [
        { expr: max(own('a4c_health_check_value', `check="${BLOAT}"`)), legend: 'largest' },
      ],
      alerts: ['HealthCheckFailing'],
    }),
    lines({
      title: 'Time since they last succeeded',
      description:
        'Above 15 min: the values above are old; the check fails or takes too long. The API logs why.',
      unit: 's',
      queries: [
        {
          expr: `time() - ${max(own('a4c_health_check_last_success_timestamp_seconds'), 'check')}`,
          legend: '{{check}}',
        },
      ],
      alerts: ['HealthCheckStale'],
      thresholds: { warning: 900 },
    }),
    lines({
      title: 'How long they take',
      description: 'Milliseconds while they stay on their indexes. Rising: EXPLAIN the file.',
      unit: 's',
      queries: [
        { expr: max(own('a4c_health_check_duration_seconds'), 'check'), legend: '{{check}}' },
      ],
      alerts: ['HealthCheckStale'],
    }),
  ],
};
