/** `/?dashboard=overview&seconds=900&scrape=15`: one dashboard over the last seconds. */
import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import type { DashboardModel } from './dashboardModel.ts';
import { PanelView } from './panelView.tsx';
import type { Span } from './prometheusFrames.ts';

const MS = 1000;
const COLUMNS = 24;
/** As in Grafana. */
const ROW_HEIGHT = 30;
const GAP = 8;
const POINTS = 240;

const parameters = new URLSearchParams(location.search);
const seconds = Number(parameters.get('seconds') ?? 900);
const now = Math.floor(Date.now() / MS);
const span: Span = {
  from: now - seconds,
  to: now,
  step: Math.max(1, Math.ceil(seconds / POINTS)),
  scrape: Number(parameters.get('scrape') ?? 1),
};

function Board({ dashboard, width }: { dashboard: DashboardModel; width: number }) {
  const column = (width + GAP) / COLUMNS;
  // Collapsed rows are drawn open, so that a picture shows everything.
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  return (
    <main style={{ position: 'relative', width, height: 40 + bottom * (ROW_HEIGHT + GAP) }}>
      <h1>{dashboard.title}</h1>
      {panels.map((panel) => {
        const { x, y, w, h } = panel.gridPos;
        const style = {
          position: 'absolute',
          left: x * column,
          top: 40 + y * (ROW_HEIGHT + GAP),
        } as const;
        return (
          <div key={panel.id} style={style}>
            {panel.type === 'row' ? (
              <h2>{panel.title}</h2>
            ) : (
              <PanelView
                panel={panel}
                span={span}
                width={w * column - GAP}
                height={h * (ROW_HEIGHT + GAP) - GAP}
              />
            )}
          </div>
        );
      })}
    </main>
  );
}

const STYLE = `
  body { margin: 16px; background: #111217; overflow: auto !important; }
  h1 { font-size: 20px; position: absolute; top: 0; }
  h2 { font-size: 15px; margin: 6px 0; }
  .empty { display: flex; height: 100%; align-items: center; justify-content: center; }
`;

const name = parameters.get('dashboard') ?? 'overview';
const dashboard: DashboardModel = await (await fetch(`/dashboards/${name}.json`)).json();
createRoot(document.getElementById('root')!).render(
  <ThemeContext.Provider value={createTheme({ colors: { mode: 'dark' } })}>
    <GlobalStyles />
    <style>{STYLE}</style>
    <Board dashboard={dashboard} width={innerWidth - 32} />
  </ThemeContext.Provider>,
);
