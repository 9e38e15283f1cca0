/** The queries of a dashboard, each with its place in the dashboard. */
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';

export interface PanelQuery {
  /** Dashboard, panel and query, for messages. */
  where: string;
  expr: string;
  instant: boolean;
  /** The panel; undefined for an annotation. */
  panel?: Panel;
}

interface PrometheusTarget {
  expr?: string;
  refId?: string;
  instant?: boolean;
}

/** Panels with data, in order, those of collapsed rows included; rows are left out. */
export const panelsOf = (dashboard: Dashboard): Panel[] =>
  (dashboard.panels ?? []).flatMap((panel) =>
    'panels' in panel ? panel.panels : [panel as Panel],
  );

/** Every query of panels and annotations. */
export function queriesOf(file: string, dashboard: Dashboard): PanelQuery[] {
  const ofPanels = panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map((target) => {
      const { expr = '', refId = '', instant = false } = target as PrometheusTarget;
      return { where: `${file}: ${panel.title} ${refId}`, expr, instant, panel };
    }),
  );
  const ofAnnotations = (dashboard.annotations?.list ?? []).map(({ name, target }) => ({
    where: `${file}: annotation ${name}`,
    expr: (target as PrometheusTarget | undefined)?.expr ?? '',
    instant: false,
  }));
  return [...ofPanels, ...ofAnnotations];
}
