/** Converts the results of a panel's queries to the data frames that Grafana's components draw. */
import {
  createDataFrame,
  type DataFrame,
  type Field,
  FieldType,
  type GrafanaTheme2,
  getDisplayProcessor,
  type Labels,
} from '@grafana/data';
import type { PanelModel, TargetModel } from './dashboardModel.ts';

export interface Span {
  /** Unix seconds. */
  from: number;
  to: number;
  step: number;
  /** Scrape interval in seconds. */
  scrape: number;
}

interface Series {
  metric: Labels;
  value?: [number, string];
  values?: [number, string][];
}

const MS = 1000;
/** As Grafana calculates it: at least four scrape intervals. */
const rateWindow = ({ step, scrape }: Span): string => `${Math.max(4 * scrape, step + scrape)}s`;

/** Values of Grafana's variables when "All" is chosen. */
function resolved(expr: string, span: Span): string {
  return expr
    .replaceAll('$__rate_interval', rateWindow(span))
    .replaceAll('$__range', `${Math.round(span.to - span.from)}s`)
    .replaceAll('$namespace', 'default')
    .replaceAll('$job', 'a4c-api|a4c-worker')
    .replaceAll(/\$(instance|task_queue)\b/g, '.+')
    .replaceAll('$environment', '.*');
}

async function ask(target: TargetModel, span: Span): Promise<Series[]> {
  const query = resolved(target.expr, span);
  const parameters: Record<string, string> = target.instant
    ? { query }
    : { query, start: `${span.from}`, end: `${span.to}`, step: `${span.step}` };
  const path = target.instant ? 'query' : 'query_range';
  const response = await fetch(`/prometheus/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { data, error } = await response.json();
  if (error) throw new Error(error);
  if (data.resultType === 'scalar') return [{ metric: {}, value: data.result }];
  return data.result;
}

const legendOf = ({ legendFormat = '__auto' }: TargetModel, labels: Labels): string =>
  legendFormat === '__auto'
    ? Object.values(labels).join(' ') || 'value'
    : legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');

/** Every step of the time range, so that missing samples are drawn as gaps. */
function alignedValues(series: Series, times: number[]): (number | null)[] {
  const byTime = new Map((series.values ?? []).map(([time, value]) => [time, Number(value)]));
  return times.map((time) => {
    const value = byTime.get(time);
    // The quantile of an empty histogram is NaN: drawn as a gap, as in Grafana.
    return value === undefined || Number.isNaN(value) ? null : value;
  });
}

const stepsOf = ({ from, to, step }: Span): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

/** The properties of the overrides whose regular expression matches the name of the series. */
const overridden = (panel: PanelModel, name: string): object =>
  Object.fromEntries(
    (panel.fieldConfig?.overrides ?? [])
      .filter(({ matcher }) => new RegExp(matcher.options.slice(1, -1)).test(name))
      .flatMap(({ properties }) => properties.map(({ id, value }) => [id, value])),
  );

function dressed(field: Field, panel: PanelModel, theme: GrafanaTheme2, index: number): Field {
  field.config = {
    ...panel.fieldConfig?.defaults,
    ...overridden(panel, field.name),
    displayName: field.name,
  };
  field.state = { seriesIndex: index };
  field.display = getDisplayProcessor({ field, theme });
  return field;
}

/** One frame per series. */
export async function seriesFrames(
  panel: PanelModel,
  span: Span,
  theme: GrafanaTheme2,
): Promise<DataFrame[]> {
  const times = stepsOf(span);
  const answers = await Promise.all(
    panel.targets.map(async (target) =>
      (await ask(target, span)).map((series) => ({ target, series })),
    ),
  );
  return answers.flat().map(({ target, series }, index) => {
    const isInstant = target.instant;
    const frame = createDataFrame({
      fields: [
        {
          name: 'Time',
          type: FieldType.time,
          values: (isInstant ? [span.to] : times).map((time) => time * MS),
        },
        {
          name: legendOf(target, series.metric),
          type: FieldType.number,
          labels: series.metric,
          values: isInstant
            ? [Number(series.value?.[1] ?? Number.NaN)]
            : alignedValues(series, times),
        },
      ],
    });
    const [time, value] = frame.fields as [Field, Field];
    time.display = getDisplayProcessor({ field: time, theme });
    dressed(value, panel, theme, index);
    return frame;
  });
}

/** Rows of labels, with the columns and names that the panel's transformations define. */
export async function tableFrame(
  panel: PanelModel,
  span: Span,
  theme: GrafanaTheme2,
): Promise<DataFrame> {
  const [target] = panel.targets as [TargetModel];
  const rows = await ask(target, span);
  const option = (id: string) => panel.transformations?.find((each) => each.id === id)?.options;
  const names: string[] = option('filterFieldsByName')?.include.names ?? [];
  const titles: Record<string, string> = option('organize')?.renameByName ?? {};
  const frame = createDataFrame({
    fields: names.map((name) => ({
      name: titles[name] ?? name,
      type: name === 'Value' ? FieldType.number : FieldType.string,
      values: rows.map(({ metric, value }) =>
        name === 'Value' ? Number(value?.[1]) : (metric[name] ?? ''),
      ),
    })),
  });
  frame.fields.forEach((field, index) => {
    dressed(field, panel, theme, index);
  });
  return frame;
}
