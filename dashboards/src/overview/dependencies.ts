/** What API and worker need, and whether it serves them. */
import { COLOURS } from '../colours.ts';
import type { Section } from '../frame.ts';
import { number, stairs, verdict } from '../panels.ts';
import { own } from '../promql.ts';

export const dependencies: Section = {
  title: 'Dependencies',
  panels: [
    verdict(
      {
        title: 'Do dependencies serve us?',
        description:
          'Asked in the background by the processes that need them. FAILING: at least one process gets no answer, or is refused; its log says why. One that is missing is asked by nobody: its process is gone.',
        unit: 'short',
        queries: [
          { expr: `min by (dependency) (${own('dependency_up')})`, legend: '{{dependency}}' },
        ],
        alerts: ['DependencyDown'],
        width: 18,
        height: 5,
        noValue: 'UNKNOWN',
      },
      {
        1: { text: 'OK', color: COLOURS.good },
        0: { text: 'FAILING', color: COLOURS.failed },
      },
    ),
    number({
      title: 'Search attributes that are missing',
      description:
        'The namespace in Temporal lacks them: no run can be started. The log of the worker has the command that makes them.',
      unit: 'short',
      queries: [{ expr: `sum(max by (attribute) (${own('search_attribute_missing')}))` }],
      alerts: ['SearchAttributeMissing'],
      thresholds: { critical: 1 },
      width: 6,
      height: 5,
    }),
    stairs({
      title: 'Dependencies by process',
      description:
        '1 while it serves the process. One process alone at 0: its network, not theirs.',
      unit: 'short',
      queries: [
        {
          expr: `min by (job, instance, dependency) (${own('dependency_up')})`,
          legend: '{{dependency}} {{instance}}',
        },
      ],
      width: 24,
      height: 9,
      max: 1,
    }),
  ],
};
