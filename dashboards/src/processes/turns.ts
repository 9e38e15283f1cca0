/** Work that one process at a time does. */
import type { Section } from '../frame.ts';
import { lines } from '../panels.ts';
import { max, own } from '../promql.ts';

export const turns: Section = {
  title: 'Work of one at a time',
  panels: [
    lines({
      title: 'Age of the last round',
      description:
        'The reconciler ends a round every 15 s, schedules are looked after every 10 minutes. Rising: nobody does it.',
      unit: 's',
      queries: [{ expr: max(own('leader_round_age_seconds'), 'work'), legend: '{{work}}' }],
      alerts: ['LeaderWorkSilent'],
    }),
  ],
};
