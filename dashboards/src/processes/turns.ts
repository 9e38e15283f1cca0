/** Work that one process at a time does, and what schedules start. */
import { COLOURS } from '../colours.ts';
import type { Section } from '../frame.ts';
import { lines, verdict } from '../panels.ts';
import { max, own } from '../promql.ts';

export const turns: Section = {
  title: 'Reconciler and schedules',
  panels: [
    lines({
      title: 'Age of the last round',
      description:
        'The reconciler ends a round every 15 s, schedules are looked after every 10 minutes. Rising: nobody does it.',
      unit: 's',
      queries: [{ expr: max(own('leader_round_age_seconds'), 'work'), legend: '{{work}}' }],
      alerts: ['LeaderWorkSilent'],
    }),
    lines({
      title: 'Time until the lease ends',
      description:
        'Negative: nobody holds it. Positive while no round ends: its holder does not get on.',
      unit: 's',
      min: -60,
      queries: [{ expr: max(own('lease_expires_in_seconds'), 'lease'), legend: '{{lease}}' }],
      alerts: ['LeaderWorkSilent'],
    }),
    verdict(
      {
        title: 'Do the schedules run?',
        description: 'PAUSED or MISSING: what it starts is not started, and nobody else says so.',
        unit: 'short',
        queries: [
          {
            expr: `${max(own('schedule_paused'), 'schedule')} + 2 * ${max(own('schedule_missing'), 'schedule')}`,
            legend: '{{schedule}}',
          },
        ],
        noValue: 'UNKNOWN',
        width: 12,
        height: 8,
      },
      {
        0: { text: 'OK', color: COLOURS.good },
        1: { text: 'PAUSED', color: COLOURS.warning },
        2: { text: 'MISSING', color: COLOURS.failed },
        3: { text: 'MISSING', color: COLOURS.failed },
      },
    ),
    lines({
      title: 'Time since a schedule started a run',
      description: 'Above its interval: it is paused, or Temporal does not get to it.',
      unit: 's',
      queries: [
        {
          expr: `time() - ${max(own('schedule_last_action_timestamp_seconds'), 'schedule')}`,
          legend: '{{schedule}}',
        },
      ],
    }),
  ],
};
