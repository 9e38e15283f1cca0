/** Draws one panel with Grafana's own components. */
import {
  type DataFrame,
  dateTime,
  FieldType,
  type GrafanaTheme2,
  getFieldDisplayValues,
} from '@grafana/data';
import { type BigValueColorMode, BigValueGraphMode, BigValueTextMode } from '@grafana/schema';
import { BigValue, PanelChrome, Table, TimeSeries, useTheme2, VizRepeater } from '@grafana/ui';
import { useEffect, useState } from 'react';
import type { PanelModel } from './dashboardModel.ts';
import { Heatmap } from './heatmap.tsx';
import { type Span, seriesFrames, tableFrame } from './prometheusFrames.ts';

interface Size {
  width: number;
  height: number;
}

const MS = 1000;

function Stat({ panel, frames, width, height }: Size & { panel: PanelModel; frames: DataFrame[] }) {
  const theme = useTheme2();
  const values = getFieldDisplayValues({
    data: frames,
    theme,
    reduceOptions: { calcs: ['lastNotNull'], values: false },
    fieldConfig: { defaults: panel.fieldConfig?.defaults ?? {}, overrides: [] },
    replaceVariables: (text) => text,
  });
  return (
    <VizRepeater
      width={width}
      height={height}
      source={{}}
      autoGrid
      orientation={'auto' as never}
      itemSpacing={4}
      renderCounter={0}
      getValues={() => values}
      renderValue={(each) => (
        <BigValue
          width={each.width}
          height={each.height}
          value={each.value.display}
          count={values.length}
          colorMode={panel.options.colorMode as BigValueColorMode}
          graphMode={BigValueGraphMode.None as never}
          textMode={
            (values.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value) as never
          }
          {...(panel.options.text && { text: panel.options.text })}
          theme={theme}
        />
      )}
    />
  );
}

function Lines(props: Size & { panel: PanelModel; frames: DataFrame[]; span: Span }) {
  const { panel, frames, span, width, height } = props;
  const [from, to] = [dateTime(span.from * MS), dateTime(span.to * MS)];
  return (
    <TimeSeries
      frames={frames}
      width={width}
      height={height}
      timeRange={{ from, to, raw: { from, to } }}
      timeZone="utc"
      legend={panel.options.legend!}
      options={{}}
    />
  );
}

const hasValues = (frames: DataFrame[]): boolean =>
  frames.some(({ fields }) =>
    fields.some(
      ({ type, values }) =>
        type !== FieldType.time && values.some((v) => v !== null && !Number.isNaN(v)),
    ),
  );

function Content(props: Size & { panel: PanelModel; frames: DataFrame[]; span: Span }) {
  const { panel, frames, width, height } = props;
  if (panel.type === 'stat' && frames.length > 0) return <Stat {...props} />;
  if (!hasValues(frames)) {
    return <div className="empty">{panel.fieldConfig?.defaults.noValue ?? 'No data'}</div>;
  }
  if (panel.type === 'table') return <Table data={frames[0]!} width={width} height={height} />;
  if (panel.type === 'heatmap') return <Heatmap frames={frames} width={width} height={height} />;
  return <Lines {...props} />;
}

const load = async (panel: PanelModel, span: Span, theme: GrafanaTheme2): Promise<DataFrame[]> =>
  panel.type === 'table'
    ? [await tableFrame(panel, span, theme)]
    : seriesFrames(panel, span, theme);

export function PanelView({
  panel,
  span,
  width,
  height,
}: Size & { panel: PanelModel; span: Span }) {
  const theme = useTheme2();
  const [frames, setFrames] = useState<DataFrame[]>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    load(panel, span, theme).then(setFrames, (reason: Error) => setError(reason.message));
  }, [panel, span, theme]);
  return (
    <div data-panel={panel.title} data-state={error ? 'error' : frames ? 'drawn' : 'loading'}>
      <PanelChrome
        title={panel.title}
        description={panel.description ?? ''}
        width={width}
        height={height}
      >
        {(innerWidth, innerHeight) =>
          error ? (
            <div className="empty">{error}</div>
          ) : (
            frames && (
              <Content
                panel={panel}
                frames={frames}
                span={span}
                width={innerWidth}
                height={innerHeight}
              />
            )
          )
        }
      </PanelChrome>
    </div>
  );
}
