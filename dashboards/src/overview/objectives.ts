/** Objectives: how much of the error budget is left, and how fast it is spent. */
import type { Section } from '../frame.ts';
import { lines, number, rows } from '../panels.ts';
import { own, recorded } from '../promql.ts';

const BUDGET_ALERTS = [
  'ApiErrorBudgetBurn',
  'StartLatencyBudgetBurn',
  'BootstrapErrorBudgetBurn',
  'EventProjectionErrorBudgetBurn',
];

const burnRate = (span: string) =>
  `${recorded(`slo:error_ratio:rate${span}`)} / (1 - ${recorded('slo:objective:ratio')})`;

export const objectives: Section = {
  title: 'Objectives',
  panels: [
    number({
      title: 'Error budget left (30 days)',
      description:
        'Of each objective. 100 %: nothing failed. Below 0 %: the objective is missed; put reliability before features until it recovers.',
      unit: 'percentunit',
      queries: [{ expr: recorded('slo:error_budget:remaining_ratio'), legend: '{{slo}}' }],
      thresholds: { warning: 0.25, critical: 0 },
      smallIsBad: true,
      decimals: 1,
      width: 12,
      height: 5,
    }),
    number({
      title: 'Good events (30 days)',
      description:
        'Share of requests answered without a server error, of starts answered within 150 ms, of onboardings that succeed, of events projected at once. The objectives are 99.9, 99, 95 and 99.9 %.',
      unit: 'percentunit',
      queries: [{ expr: `1 - ${recorded('slo:error_ratio:rate30d')}`, legend: '{{slo}}' }],
      decimals: 2,
      width: 12,
      height: 5,
    }),
    lines({
      title: 'Fast burn (1 h)',
      description:
        'How many times faster than allowed the budget is spent. Above 14.4 for 1 h and 5 min, the API pages. Which requests fail: the API dashboard; which runs: Workflows and activities.',
      unit: 'short',
      queries: [{ expr: burnRate('1h'), legend: '{{slo}}' }],
      alerts: BUDGET_ALERTS,
      thresholds: { warning: 6, critical: 14.4 },
    }),
    lines({
      title: 'Slow burn (3 d)',
      description:
        'How many times faster than allowed the budget is spent. Above 1 over three days, the month will not keep its objective: find the cause within the week.',
      unit: 'short',
      queries: [{ expr: burnRate('3d'), legend: '{{slo}}' }],
      alerts: BUDGET_ALERTS,
      thresholds: { warning: 1, critical: 3 },
    }),
    lines({
      title: 'Requests to start: share within 150 ms (5 min)',
      description:
        'Below 99 %: look at the request latency by route, at queries waiting for a connection, and at the time of an append.',
      unit: 'percentunit',
      queries: [
        {
          expr: `clamp(1 - ${recorded('slo:error_ratio:rate5m', 'slo="start-latency"')}, 0, 1)`,
          legend: 'within 150 ms',
        },
      ],
      alerts: ['StartLatencyBudgetBurn'],
      thresholds: { critical: 0.99 },
      smallIsBad: true,
      max: 1,
    }),
    rows(
      {
        title: 'What runs',
        description:
          'Versions in service. More than one of each for longer than a rollout takes: the rollout is stuck.',
        unit: 'short',
        queries: [
          { expr: `count by (job, version, revision, node_version) (${own('a4c_build_info')})` },
        ],
      },
      {
        job: 'Job',
        version: 'Version',
        revision: 'Revision',
        node_version: 'Node',
        Value: 'Processes',
      },
    ),
  ],
};
