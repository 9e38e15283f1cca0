/**
 * The kinds of panels that the dashboards use. All have a legend, a unit, thresholds at the values
 * of the alerts, and links to the next place to look.
 */
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { colourOverrides } from './colours.ts';
import type { PanelLink } from './links.ts';
import {
  defaultSoftMax,
  dress,
  HALF,
  legendOf,
  linkBuilder,
  linksOf,
  type PanelSpec,
  targetsOf,
} from './panelParts.ts';
import { DATASOURCE } from './variables.ts';

const PANEL_HEIGHT = 8;
const STAT_HEIGHT = 4;

const legendsOf = ({ queries }: PanelSpec): string[] => queries.map(({ legend = '' }) => legend);

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
    .overrides(colourOverrides(legendsOf(spec)))
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

/** Lines that keep a value until the next one: counts per interval that are not parts of one whole. */
export const stairs = (spec: PanelSpec): timeseries.PanelBuilder =>
  lines(spec).lineInterpolation(common.LineInterpolation.StepAfter).fillOpacity(0);

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
  return spec.queries.length > 1
    ? builder.text(new common.VizTextDisplayOptionsBuilder().titleSize(14).valueSize(24))
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
  if (answers) {
    builder.mappings([wordsOf(answers)]).cellOptions(common.defaultTableColorTextCellOptions());
  }
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
