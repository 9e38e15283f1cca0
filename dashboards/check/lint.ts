/**
 * What is wrong with a dashboard, without asking anybody. The rules are those of Grafana's
 * dashboard-linter, and ours: thresholds are the alerts' own, and runbooks those the alerts name.
 */
import type { Dashboard, Panel, VariableModel } from '@grafana/grafana-foundation-sdk/dashboard';
import { METRICS } from '#metricCatalogue.ts';
import { panelsOf } from '../queries/panelQueries.ts';
import { promqlParts, type Selector } from '../queries/promqlParts.ts';
import type { KnownAlert } from '../queries/ruleExpressions.ts';
import { grafanaVariable } from '../src/grafanaVariable.ts';
import { appearanceProblems, layoutProblems } from './appearance.ts';

interface FieldDefaults {
  unit?: string;
  thresholds?: { steps: { value: number | null }[] };
}

const VARIABLES = ['datasource', 'environment', 'namespace', 'task_queue', 'job', 'instance'];
const TEMPLATED = grafanaVariable('datasource');
const FREE_WINDOWS = ['$__rate_interval', '$__range'];
const GROWTH = ['rate', 'irate', 'increase', 'resets', 'changes'];
/** Of the cluster: they know nothing of our environments, and are joined with our own pods. */
const OF_CLUSTER = /^(?:container|kube)_/;
/**
 * Recorded series and alerts are not scraped from a process, and the metrics of exporters not from
 * ours: they have no label `job` of ours.
 */
const WITHOUT_JOB =
  /:|^ALERTS$|^(?:a4c_postgres|node_filesystem|probe|container|kube|poll_success)(?:_|$)/;

const defaultsOf = (panel: Panel): FieldDefaults => panel.fieldConfig?.defaults ?? {};
const steps = (panel: Panel): number[] =>
  (defaultsOf(panel).thresholds?.steps ?? []).flatMap(({ value }) => value ?? []);
const RUNBOOK = /^Runbook: (\w+)$/;
const alertsOf = (panel: Panel): string[] =>
  (panel.links ?? []).flatMap(({ title }) => RUNBOOK.exec(title)?.[1] ?? []);

const isCounter = (metric: string): boolean =>
  /_(total|bucket|sum|count)$/.test(metric) &&
  (METRICS as Record<string, { type: string }>)[metric]?.type !== 'gauge' &&
  !/^nodejs_active_/.test(metric);

function frameProblems(dashboard: Dashboard): string[] {
  const names = (dashboard.templating?.list ?? []).map(({ name }) => name);
  const ids = [...(dashboard.panels ?? []), ...panelsOf(dashboard)]
    .filter((panel, index, all) => all.indexOf(panel) === index)
    .map((panel) => panel.id);
  return [
    ...VARIABLES.filter((name) => !names.includes(name)).map((name) => `no variable ${name}`),
    ...(dashboard.editable === false ? [] : ['it is editable']),
    ...(new Set(ids).size === ids.length && !ids.includes(undefined) ? [] : ['ids repeat']),
    ...(dashboard.uid ? [] : ['no uid']),
    ...(dashboard.templating?.list ?? [])
      .filter(
        ({ type, datasource }: VariableModel) => type === 'query' && datasource?.uid !== TEMPLATED,
      )
      .map(({ name }) => `variable ${name} has a fixed datasource`),
  ];
}

function panelProblems(panel: Panel): string[] {
  const heatmapUnit = panel.type === 'heatmap';
  const { unit } = defaultsOf(panel);
  const legend = (panel.options as { legend?: { showLegend?: boolean } }).legend;
  const refIds = (panel.targets ?? []).map((target) => (target as { refId?: string }).refId);
  return [
    ...(panel.title ? [] : ['no title']),
    ...(panel.description ? [] : ['no description']),
    ...(unit ? [] : ['no unit']),
    ...(panel.datasource?.uid === TEMPLATED ? [] : ['a fixed datasource']),
    ...(legend?.showLegend === false && !heatmapUnit ? ['the legend is hidden'] : []),
    ...(refIds.length > 0 ? [] : ['no query']),
    ...(new Set(refIds).size === refIds.length && !refIds.includes(undefined)
      ? []
      : ['queries without a refId of their own']),
  ];
}

function selectorProblems(selector: Selector, alerts: readonly KnownAlert[]): string[] {
  const { metric, text, calledBy, window } = selector;
  const hasJob = text.includes('job=~"$job"') && text.includes('instance=~"$instance"');
  const windowIsKnown =
    window === undefined ||
    FREE_WINDOWS.includes(window) ||
    alerts.some(({ expr, recordedFrom }) => `${expr} ${recordedFrom}`.includes(`[${window}]`));
  return [
    ...(OF_CLUSTER.test(metric) || text.includes('environment=~"$environment"')
      ? []
      : [`${metric} is not selected by $environment`]),
    ...(WITHOUT_JOB.test(metric) || hasJob
      ? []
      : [`${metric} is not selected by $job and $instance`]),
    ...(windowIsKnown
      ? []
      : [`${metric}: the range ${window} is neither a variable nor an alert's`]),
    ...(isCounter(metric) && !GROWTH.includes(calledBy ?? '')
      ? [`the counter ${metric} is not under rate or increase`]
      : []),
  ];
}

function queryProblems(panel: Panel, alerts: readonly KnownAlert[]): string[] {
  return (panel.targets ?? []).flatMap((target) => {
    const { errors, selectors } = promqlParts((target as { expr?: string }).expr ?? '');
    return [
      ...errors.map((text) => `no PromQL at: ${text}`),
      ...selectors.flatMap((selector) => selectorProblems(selector, alerts)),
    ];
  });
}

function alertProblems(panel: Panel, alerts: readonly KnownAlert[], runbooks: string): string[] {
  const named = alertsOf(panel);
  const known = alerts.filter(({ name }) => named.includes(name));
  const numbers = known.flatMap(({ expr, recordedFrom, summary }) =>
    [...`${expr} ${recordedFrom} ${summary}`.matchAll(/\d+(\.\d+)?/g)].map(([text]) =>
      Number(text),
    ),
  );
  // An alert above 0 fires from 1 on; a target of 99.9 % is an error budget of 0.1 %.
  const isAlertValue = (value: number) =>
    [value, value - 1, Number((1 - value).toFixed(6))].some((number) => numbers.includes(number));
  return [
    ...named
      .filter((name) => !known.some((alert) => alert.name === name))
      .map((name) => `there is no alert ${name}`),
    ...known
      .filter(({ name, runbookUrl }) => runbookUrl !== `${runbooks}/${name}.md`)
      .map(({ name }) => `the runbook of ${name} is elsewhere`),
    ...(known.length > 0 ? steps(panel).filter((value) => !isAlertValue(value)) : []).map(
      (value) => `the threshold ${value} is no value of ${named.join(', ')}`,
    ),
  ];
}

/** @returns one line for each problem. */
export function lint(file: string, dashboard: Dashboard, alerts: readonly KnownAlert[]): string[] {
  const runbooks = dashboard.templating?.list?.find(({ name }) => name === 'runbooks')?.query;
  const layout = layoutProblems(panelsOf(dashboard));
  const ofPanels = panelsOf(dashboard).flatMap((panel) => {
    const own = alerts.filter(({ name }) => alertsOf(panel).includes(name));
    const problems = [
      ...panelProblems(panel),
      ...queryProblems(panel, own),
      ...alertProblems(panel, alerts, String(runbooks)),
      ...appearanceProblems(panel),
    ];
    return problems.map((problem) => `${panel.title || `panel ${panel.id}`}: ${problem}`);
  });
  return [...frameProblems(dashboard), ...layout, ...ofPanels].map(
    (problem) => `${file}: ${problem}`,
  );
}
