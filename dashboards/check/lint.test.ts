import { describe, expect, it } from 'vitest';
import { LABEL_VALUES } from '#metricCatalogue.ts';
import { panelsOf } from '../queries/panelQueries.ts';
import { promqlParts } from '../queries/promqlParts.ts';
import { knownAlerts } from '../queries/ruleExpressions.ts';
import { colourOf } from '../src/colours.ts';
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

const PLACE = 'environment=~"$environment"';
const PROCESS = `job=~"$job",instance=~"$instance",${PLACE}`;

describe('lint', () => {
  it('finds no problem in the six dashboards', () => {
    const problems = [...dashboards()].flatMap(([file, each]) => lint(file, each, knownAlerts));
    expect(problems).toEqual([]);
    expect(dashboards().size).toBe(6);
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
    ['counters under rate', 'under rate', `sum(http_requests_total{${PROCESS}})`],
    ['job and instance', '$job', `sum(increase(http_requests_total{${PLACE}}[$__rate_interval]))`],
    [
      'an environment',
      '$environment',
      'sum(increase(http_requests_total{job=~"$job",instance=~"$instance"}[$__rate_interval]))',
    ],
    ['an environment of what rules record', '$environment', 'slo:objective:ratio'],
    [
      'a range that fits the resolution',
      'the range 7m',
      `sum(increase(http_requests_total{${PROCESS}}[7m]))`,
    ],
    ['PromQL', 'no PromQL', 'sum(rate('],
    [
      'the measure of its unit',
      'measures rate',
      `sum(rate(http_requests_total{${PROCESS}}[$__rate_interval]))`,
    ],
    [
      'one measure of all health checks',
      'different things',
      `max by (check) (a4c_health_check_value{${PROCESS}})`,
    ],
  ])('requires %s', (_what, problem, expr) => {
    expect(problemsAfter((dashboard) => ask(dashboard, expr)).join()).toContain(problem);
  });

  it('requires the colours of the table', () => {
    const bars = 'How bootstraps ended';
    const problems = problemsAfter((dashboard) => {
      panel(dashboard, bars).fieldConfig!.overrides = [];
      panel(dashboard, 'Onboarded').fieldConfig!.defaults.thresholds!.steps[0]!.color = 'pink';
    });
    expect(problems).toEqual([
      'overview.json: Onboarded: pink means nothing: see src/colours.ts',
      `overview.json: ${bars}: its series have other colours than their meaning has`,
    ]);
  });

  it('requires that no panel lies on another, or is cut off', () => {
    const problems = problemsAfter((dashboard) => {
      Object.assign(panel(dashboard, 'Onboarded').gridPos!, { x: 22, w: 4 });
    });
    expect(problems).toEqual([
      'overview.json: Onboarded: it is cut off',
      'overview.json: Onboarded: Firing alerts lies on it',
    ]);
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

describe('colours', () => {
  const sets = Object.entries(LABEL_VALUES).filter(([name]) => /_(outcome|result)$/.test(name));

  it.each(sets)('%s: every value has a meaning', (_name, values) => {
    for (const value of values) expect(colourOf(value), value).toBeDefined();
  });

  it.each([
    ['completed', 'green'],
    ['OrganizationBootstrap failed', 'red'],
    ['503', 'red'],
    ['409', 'orange'],
    ['not_found', 'yellow'],
    ['unfailed', undefined],
  ])('%s is %s', (name, color) => {
    expect(colourOf(name)).toBe(color);
  });
});
