/** Rollouts: which worker version gets new runs, and which still has runs of its own. */
import { COLOURS } from '../colours.ts';
import type { Section } from '../frame.ts';
import { lines, verdict } from '../panels.ts';
import { coreOfQueue, foreign, max, own, rate, ratio, sum } from '../promql.ts';

const coreOfPolls = (what: 'succeed' | 'empty') =>
  coreOfQueue(`workflow_task_queue_poll_${what}_total`);
const SUCCEEDED = sum(rate(coreOfPolls('succeed')), 'task_queue');

export const rollout: Section = {
  title: 'Rollout, and how tasks reach workers',
  panels: [
    verdict(
      {
        title: 'Has the queue a current version?',
        description:
          'NO: new runs go to a version that nobody polls, or to none: set-current was forgotten, or its workers are gone.',
        unit: 'short',
        queries: [
          {
            expr: `min by (task_queue) (${own('worker_version_current')})`,
            legend: '{{task_queue}}',
          },
        ],
        width: 8,
        height: 8,
        noValue: 'UNKNOWN',
      },
      {
        1: { text: 'YES', color: COLOURS.good },
        0: { text: 'NO', color: COLOURS.failed },
      },
    ),
    lines({
      title: 'Runs that are pinned to a version',
      description:
        'By version and its state. A draining version may be removed at 0; one that does not fall has runs that wait for people.',
      unit: 'short',
      queries: [
        {
          expr: max(own('worker_version_runs'), 'task_queue', 'version', 'state'),
          legend: '{{task_queue}} {{version}} {{state}}',
        },
      ],
      width: 16,
      noValue: 'no worker has a version',
    }),
    lines({
      title: 'Polls that bring a task',
      description:
        'Share of the polls for workflow tasks. Near 100 %: more workers or pollers would find work; near 0 %: too many poll.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            SUCCEEDED,
            // The SDK makes the series of empty polls with the first of them.
            `${SUCCEEDED} + (${sum(rate(coreOfPolls('empty')), 'task_queue')} or 0 * ${SUCCEEDED})`,
          ),
          legend: '{{task_queue}}',
        },
      ],
      max: 1,
    }),
    lines({
      title: 'Tasks handed over at once (sync match)',
      description:
        'Share of the tasks that a waiting poll took, without the queue being written. Below 90 %: too few pollers. Only where the metrics of the Temporal server are scraped.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            sum(rate(foreign('poll_success_sync')), 'taskqueue'),
            sum(rate(foreign('poll_success')), 'taskqueue'),
          ),
          legend: '{{taskqueue}}',
        },
      ],
      max: 1,
      noValue: 'the Temporal server is not scraped',
    }),
  ],
};
