/**
 * The kinds of panels that the dashboards use. All have a legend, a unit, thresholds at the values
 * of the alerts, and links to the next place to look.
 */
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
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

const GREEN = 'green';
const YELLOW = 'yellow';
const RED = 'red';
const NEUTRAL = 'text';
/** Width of the dashboard in columns. */
const HALF = 12;
const PANEL_HEIGHT = 8;
const STAT_HEIGHT = 4;

function steps({ thresholds, smallIsBad }: PanelSpec): dashboard.Threshold[] {
  const { warning, critical } = thresholds ?? {};
  if (!thresholds) return [{ value: null, color: NEUTRAL }];
  if (smallIsBad) {
    const from = (value: number | undefined, color: string) =>
      value === undefined ? [] : [{ value, color }];
    const above = warning ?? critical!;
    const between = critical !== undefined && warning !== undefined;
    return [
      { value: null, color: critical === undefined ? YELLOW : RED },
      ...from(between ? critical : undefined, YELLOW),
      { value: above, color: GREEN },
    ];
  }
  return [
    { value: null, color: GREEN },
    ...(warning === undefined ? [] : [{ value: warning, color: YELLOW }]),
    ...(critical === undefined ? [] : [{ value: critical, color: RED }]),
  ];
}

const thresholdsOf = (spec: PanelSpec) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps(spec));

function targetsOf({ queries }: PanelSpec, format?: 'table' | 'heatmap', instant = false) {
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

const linksOf = ({ alerts = [], links = [] }: PanelSpec): PanelLink[] => [
  ...alerts.map(runbookLink),
  ...links,
];

const linkBuilder = ({ title, url }: PanelLink) =>
  new dashboard.DashboardLinkBuilder(title)
    .type(dashboard.DashboardLinkType.Link)
    .url(url)
    .targetBlank(true);

/** Settings that all panels share; the builder of each kind has these methods. */
function dress<T extends timeseries.PanelBuilder | stat.PanelBuilder | table.PanelBuilder>(
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
const legendOf = (width: number) =>
  new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.Table)
    .placement(width >= HALF ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Max')
    .sortDesc(true);

/** Smallest maximum of the axis: without it Grafana draws counts of 0 on an axis up to 100. */
const defaultSoftMax = ({ unit, thresholds }: PanelSpec): number | undefined => {
  if (unit === 'percentunit') return (thresholds?.warning ?? thresholds?.critical ?? 0.1) * 1.2;
  return unit === 'short' ? 1 : undefined;
};

/** Lines over time; thresholds are dashed lines. */
export function lines(spec: PanelSpec): timeseries.PanelBuilder {
  const { width = HALF, height = PANEL_HEIGHT, softMax = defaultSoftMax(spec) } = spec;
  const builder = dress(new timeseries.PanelBuilder(), { min: 0, ...spec });
  if (softMax !== undefined && spec.max === undefined) builder.axisSoftMax(softMax);
  return builder
    .targets(targetsOf(spec))
    .span(width)
    .height(height)
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassic))
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(
        spec.thresholds
          ? common.GraphThresholdsStyleMode.Dashed
          : common.GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(legendOf(width))
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
}

/** Stacked counts per interval, for events that happen a few times an hour. */
export const bars = (spec: PanelSpec): timeseries.PanelBuilder =>
  lines(spec)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(60)
    .lineWidth(1)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));

/** The current value, coloured by the thresholds. */
export function number(spec: PanelSpec): stat.PanelBuilder {
  const { width = 4, height = STAT_HEIGHT } = spec;
  const builder = dress(new stat.PanelBuilder(), spec);
  const isNamed = spec.queries.some(({ legend }) => legend !== undefined);
  // By default Grafana gives several values the font size that the longest of them needs.
  if (isNamed) builder.text(new common.VizTextDisplayOptionsBuilder().titleSize(14).valueSize(28));
  return builder
    .targets(targetsOf(spec, undefined, true))
    .span(width)
    .height(height)
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(common.BigValueTextMode.Auto)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false));
}

/** Value -> its text and colour. */
export type Answers = Record<string, { text: string; color: string }>;

const wordsOf = (answers: Answers): dashboard.ValueMapping => ({
  type: dashboard.MappingType.ValueToText,
  options: Object.fromEntries(
    Object.entries(answers).map(([value, answer], index) => [value, { ...answer, index }]),
  ),
});

/** Shows a value as text: each value has a text and a colour. */
export function verdict(spec: PanelSpec, answers: Answers): stat.PanelBuilder {
  const builder = number(spec)
    .colorMode(common.BigValueColorMode.Background)
    .mappings([wordsOf(answers)]);
  // Large enough to be read from a distance.
  return spec.queries.length > 1
    ? builder.text(new common.VizTextDisplayOptionsBuilder().titleSize(18).valueSize(44))
    : builder;
}

/**
 * A table of the current label values.
 * @param columns new names of columns; columns that are not listed are left out.
 * @param rowLink link of each cell; may refer to values of the row.
 * @param answers texts for values.
 */
export function rows(
  spec: PanelSpec,
  columns: Record<string, string>,
  { rowLink, answers }: { rowLink?: PanelLink; answers?: Answers } = {},
): table.PanelBuilder {
  const { width = 12, height = PANEL_HEIGHT } = spec;
  const builder = dress(new table.PanelBuilder(), spec);
  if (rowLink) builder.dataLinks([linkBuilder(rowLink)]);
  if (answers) builder.mappings([wordsOf(answers)]);
  return builder
    .targets(targetsOf(spec, 'table', true))
    .span(width)
    .height(height)
    .withTransformation({
      id: 'filterFieldsByName',
      options: { include: { names: Object.keys(columns) } },
    })
    .withTransformation({ id: 'organize', options: { renameByName: columns } });
}

/** Distribution of a histogram's observations over time. */
export function spread(spec: PanelSpec): heatmap.PanelBuilder {
  const { width = 12, height = PANEL_HEIGHT } = spec;
  return new heatmap.PanelBuilder()
    .title(spec.title)
    .description(spec.description)
    .unit(spec.unit)
    .datasource(DATASOURCE)
    .links(linksOf(spec).map(linkBuilder))
    .targets(targetsOf(spec, 'heatmap'))
    .span(width)
    .height(height)
    .calculate(false)
    .showLegend()
    .yAxis(new heatmap.YAxisConfigBuilder().unit(spec.unit))
    .cellValues(new heatmap.CellValuesBuilder().unit('short'))
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Blues')
        .steps(32),
    );
}
