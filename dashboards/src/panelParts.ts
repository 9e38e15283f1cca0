/** What all kinds of panels share: their description, thresholds, queries, links and legends. */
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { COLOURS } from './colours.ts';
import { type PanelLink, runbookLink } from './links.ts';
import { DATASOURCE } from './variables.ts';

export interface Query {
  expr: string;
  /** Legend of each series, `{{label}}` for a label's value. */
  legend?: string;
  /** Show exemplars: links from histogram buckets to traces. */
  exemplars?: boolean;
}

export interface PanelSpec {
  title: string;
  /** What it shows, what is normal, and what to do when it is not. */
  description: string;
  unit: string;
  queries: Query[];
  /** Alerts about the same condition: each gets a link to its runbook. */
  alerts?: readonly string[];
  /** Thresholds of `warning` (yellow) and `critical` (red), equal to those of the alerts. */
  thresholds?: { warning?: number; critical?: number };
  /** Low values are bad (availability): red below `critical`, yellow below `warning`. */
  smallIsBad?: boolean;
  links?: readonly PanelLink[];
  /** Width, in columns of 24. */
  width?: number;
  height?: number;
  decimals?: number;
  min?: number;
  max?: number;
  /** Smallest maximum of the axis, so that small values look small and the threshold is visible. */
  softMax?: number;
  /** Text that is shown when there is no value. */
  noValue?: string;
}

type AnyPanel = dashboard.Panel;
export type Built = { build(): AnyPanel };

/** Half of the dashboard's 24 columns. */
export const HALF = 12;

function steps({ thresholds, smallIsBad }: PanelSpec): dashboard.Threshold[] {
  const { warning, critical } = thresholds ?? {};
  if (!thresholds) return [{ value: null, color: COLOURS.neutral }];
  if (smallIsBad) {
    const from = (value: number | undefined, color: string) =>
      value === undefined ? [] : [{ value, color }];
    const above = warning ?? critical!;
    const between = critical !== undefined && warning !== undefined;
    return [
      { value: null, color: critical === undefined ? COLOURS.warning : COLOURS.failed },
      ...from(between ? critical : undefined, COLOURS.warning),
      { value: above, color: COLOURS.good },
    ];
  }
  return [
    { value: null, color: COLOURS.good },
    ...(warning === undefined ? [] : [{ value: warning, color: COLOURS.warning }]),
    ...(critical === undefined ? [] : [{ value: critical, color: COLOURS.failed }]),
  ];
}

const thresholdsOf = (spec: PanelSpec) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps(spec));

export function targetsOf({ queries }: PanelSpec, format?: 'table' | 'heatmap', instant = false) {
  return queries.map(({ expr, legend, exemplars }, index) => {
    // Grafana replaces a query by the next one with the same refId.
    const target = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode('A'.charCodeAt(0) + index))
      .datasource(DATASOURCE)
      .expr(expr)
      .legendFormat(legend ?? '__auto');
    if (exemplars) target.exemplar(true);
    if (format === 'table') target.format(prometheus.PromQueryFormat.Table);
    if (format === 'heatmap') target.format(prometheus.PromQueryFormat.Heatmap);
    return instant ? target.instant() : target.range();
  });
}

export const linksOf = ({ alerts = [], links = [] }: PanelSpec): PanelLink[] => [
  ...alerts.map(runbookLink),
  ...links,
];

export const linkBuilder = ({ title, url }: PanelLink) =>
  new dashboard.DashboardLinkBuilder(title)
    .type(dashboard.DashboardLinkType.Link)
    .url(url)
    .targetBlank(true);

/** Settings that all panels share; the builder of each kind has these methods. */
export function dress<T extends timeseries.PanelBuilder | stat.PanelBuilder | table.PanelBuilder>(
  builder: T,
  spec: PanelSpec,
): T {
  builder
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .thresholds(thresholdsOf(spec))
    .links(linksOf(spec).map(linkBuilder));
  if (spec.links?.length) builder.dataLinks(spec.links.map(linkBuilder));
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  if (spec.min !== undefined) builder.min(spec.min);
  if (spec.max !== undefined) builder.max(spec.max);
  if (spec.noValue !== undefined) builder.noValue(spec.noValue);
  return builder;
}

/** Legend beside wide panels, largest increase first; below narrow ones. */
export const legendOf = (width: number) =>
  new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.Table)
    .placement(width >= HALF ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Max')
    .sortDesc(true);

/** Smallest maximum of the axis: without it Grafana draws counts of 0 on an axis up to 100. */
export const defaultSoftMax = ({ unit, thresholds }: PanelSpec): number | undefined => {
  if (unit === 'percentunit') return (thresholds?.warning ?? thresholds?.critical ?? 0.1) * 1.2;
  return unit === 'short' ? 1 : undefined;
};
