import { describe, expect, it } from 'vitest';
import { panelsOf } from '../queries/panelQueries.ts';
import { promqlParts } from '../queries/promqlParts.ts';
import { knownAlerts } from '../queries/ruleExpressions.ts';
import { dashboards } from '../src/dashboardFiles.ts';
import { lint } from './lint.ts';

/** Problems that the lint finds in the overview after `change` has modified it. */
function problemsAfter(change: (dashboard: ReturnType<typeof overview>) => void): string[] {
  const dashboard = overview();
  change(dashboard);
  return lint('overview.json', dashboard, knownAlerts);
}

const overview = () => dashboards().get('overview.json')!;
const panel = (dashboard: ReturnType<typeof overview>, title: string) =>
  panelsOf(dashboard).find((each) => each.title === title)!;
const ask = (dashboard: ReturnType<typeof overview>, expr: string) => {
  panel(dashboard, 'Onboarded').targets = [{ refId: 'A', expr } as never];
};

describe('lint', () => {
  it('finds no problem in the five dashboards', () => {
    const problems = [...dashboards()].flatMap(([file, each]) => lint(file, each, knownAlerts));
    expect(problems).toEqual([]);
    expect(dashboards().size).toBe(5);
  });

  it.each([
    ['a title', 'no title', { title: '' }],
    ['a description', 'no description', { description: '' }],
    ['a templated datasource', 'a fixed datasource', { datasource: { uid: 'prometheus' } }],
    ['a query', 'no query', { targets: [] }],
  ])('requires %s on every panel', (_what, problem, change) => {
    const problems = problemsAfter((dashboard) => {
      Object.assign(panel(dashboard, 'Onboarded'), change);
    });
    expect(problems.join()).toContain(problem);
  });

  it('requires a unit', () => {
    const problems = problemsAfter((dashboard) => {
      panel(dashboard, 'Onboarded').fieldConfig!.defaults.unit = '';
    });
    expect(problems).toEqual(['overview.json: Onboarded: no unit']);
  });

  it('requires unique panel ids and a dashboard that is not editable', () => {
    const problems = problemsAfter((dashboard) => {
      dashboard.editable = true;
      panel(dashboard, 'Onboarded').id = panel(dashboard, 'Failed').id!;
    });
    expect(problems).toEqual(['overview.json: it is editable', 'overview.json: ids repeat']);
  });

  it.each([
    ['counters under rate', 'sum(http_requests_total{job=~"$job",instance=~"$instance"})'],
    ['job and instance', 'sum(rate(http_requests_total[$__rate_interval]))'],
    [
      'a range that fits the resolution',
      'sum(rate(http_requests_total{job=~"$job",instance=~"$instance"}[7m]))',
    ],
    ['PromQL', 'sum(rate('],
  ])('requires %s', (_what, expr) => {
    expect(problemsAfter((dashboard) => ask(dashboard, expr))).not.toEqual([]);
  });

  it('rejects unknown alert names and thresholds that differ from the alert', () => {
    const problems = problemsAfter((dashboard) => {
      panel(dashboard, 'Time to onboard (p95)').fieldConfig!.defaults.thresholds!.steps[1]!.value =
        1234;
      panel(dashboard, 'Failed').links![0]!.title = 'Runbook: NoSuchAlert';
    });
    expect(problems).toEqual([
      'overview.json: Failed: there is no alert NoSuchAlert',
      'overview.json: Time to onboard (p95): the threshold 1234 is no value of WorkflowDurationExcessive',
    ]);
  });
});

describe('promqlParts', () => {
  it('returns each selector with its function and its range', () => {
    const { errors, selectors } = promqlParts(
      'sum by (a) (rate(x_total{job=~"$job"}[$__rate_interval])) / max(y offset 5m)',
    );
    expect(errors).toEqual([]);
    expect(selectors).toEqual([
      {
        metric: 'x_total',
        text: 'x_total{job=~"$job"}',
        calledBy: 'rate',
        window: '$__rate_interval',
      },
      { metric: 'y', text: 'y' },
    ]);
  });
});
