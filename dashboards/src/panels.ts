/**
 * The kinds of panels the dashboards are made of, each with what an SRE expects of it: a legend
 * that is shown, a unit, thresholds at the alert's values, and links to where one goes next.
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
  /** Show the traces behind a histogram's buckets. */
  exemplars?: boolean;
}

export interface PanelSpec {
  title: string;
  /** What it shows, what is normal, and what to do when it is not. */
  description: string;
  unit: string;
  queries: Query[];
  /** Alerts about the same thing: each gets a link to its runbook. */
  alerts?: readonly string[];
  /** Values at which the panel turns to `warning` (yellow) and `critical` (red): the alerts' own. */
  thresholds?: { warning?: number; critical?: number };
  /** Small is bad, as with availability: red below `critical`, yellow below `warning`. */
  smallIsBad?: boolean;
  links?: readonly PanelLink[];
  /** Columns of 24. */
  width?: number;
  height?: number;
  decimals?: number;
  min?: number;
  max?: number;
  /** The axis reaches at least so far: small values look small, and a threshold is seen. */
  softMax?: number;
  /** Shown instead of a value that is not there. */
  noValue?: string;
}

type AnyPanel = dashboard.Panel;
export type Built = { build(): AnyPanel };

const GREEN = 'green';
const YELLOW = 'yellow';
const RED = 'red';
const NEUTRAL = 'text';
/** Columns. */
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
    // Without a refId of its own, a second query replaces the first.
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

/** What all kinds have in common; each kind's builder has these methods. */
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

/** Beside the lines where there is room, what grew most first; below them where there is not. */
const legendOf = (width: number) =>
  new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.Table)
    .placement(width >= HALF ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Max')
    .sortDesc(true);

/** Counts of nothing would be drawn on an axis up to 100. */
const defaultSoftMax = ({ unit, thresholds }: PanelSpec): number | undefined => {
  if (unit === 'percentunit') return (thresholds?.warning ?? thresholds?.critical ?? 0.1) * 1.2;
  return unit === 'short' ? 1 : undefined;
};

/** Lines over time; the thresholds are drawn as dashed lines. */
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

/** Counts per interval, stacked: for what happens a few times an hour. */
export const bars = (spec: PanelSpec): timeseries.PanelBuilder =>
  lines(spec)
    .drawStyle(common.GraphDrawStyle.Bars)
    .fillOpacity(60)
    .lineWidth(1)
    .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));

/** One number, now; coloured by the thresholds. */
export function number(spec: PanelSpec): stat.PanelBuilder {
  const { width = 4, height = STAT_HEIGHT } = spec;
  const builder = dress(new stat.PanelBuilder(), spec);
  const isNamed = spec.queries.some(({ legend }) => legend !== undefined);
  // Several values side by side are each as small as the longest of them, unless told otherwise.
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

/** Value -> its word and colour. */
export type Answers = Record<string, { text: string; color: string }>;

const wordsOf = (answers: Answers): dashboard.ValueMapping => ({
  type: dashboard.MappingType.ValueToText,
  options: Object.fromEntries(
    Object.entries(answers).map(([value, answer], index) => [value, { ...answer, index }]),
  ),
});

/** An answer in words: each value has its text and colour. */
export function verdict(spec: PanelSpec, answers: Answers): stat.PanelBuilder {
  const builder = number(spec)
    .colorMode(common.BigValueColorMode.Background)
    .mappings([wordsOf(answers)]);
  // Read from across the room.
  return spec.queries.length > 1
    ? builder.text(new common.VizTextDisplayOptionsBuilder().titleSize(18).valueSize(44))
    : builder;
}

/**
 * Rows of labels, now.
 * @param columns renames them; what is not named is left out.
 * @param rowLink followed from a cell, and able to name the row's values.
 * @param answers words for values.
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

/** How a histogram's observations are spread over time. */
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
