/** The parts that all five dashboards share: variables, annotations, and links to each other. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type { Built } from './panels.ts';
import { max, own } from './promql.ts';
import { type Addresses, DATASOURCE, variables } from './variables.ts';

/** A titled group of panels. */
export interface Section {
  title: string;
  panels: Built[];
}

export interface DashboardSpec {
  /** Must not change: bookmarks and alerts contain it. */
  uid: string;
  title: string;
  description: string;
  sections: Section[];
}

const TAG = 'a4c-workflows';
const BUILD = max(own('a4c_build_info'), 'version', 'revision');
const BUILD_BEFORE = max(`${own('a4c_build_info')} offset 5m`, 'version', 'revision');

const annotation = (name: string, color: string, expr: string, title: string, text: string) =>
  new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .target(new prometheus.DataqueryBuilder().refId('Anno').datasource(DATASOURCE).expr(expr))
    .titleFormat(title)
    .textFormat(text);

/** Sets unique panel ids, because the SDK sets none. */
function numbered(built: dashboard.Dashboard): dashboard.Dashboard {
  for (const [index, panel] of (built.panels ?? []).entries()) panel.id = index + 1;
  return built;
}

/** The dashboard as Grafana imports it. */
export function frame(spec: DashboardSpec, addresses: Addresses): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG])
    .readonly()
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .variables(variables(addresses))
    .link(
      new dashboard.DashboardLinkBuilder('Dashboards')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([TAG])
        .includeVars(true)
        .keepTime(true),
    )
    .annotation(
      annotation(
        'Deployments',
        'blue',
        `${BUILD} unless ${BUILD_BEFORE}`,
        'Deployed {{version}}',
        '{{revision}}',
      ),
    )
    .annotation(
      annotation(
        'Firing alerts',
        'red',
        'ALERTS{alertstate="firing",alertname!="Watchdog"}',
        '{{alertname}}',
        '{{severity}}',
      ),
    );
  for (const { title, panels } of spec.sections) {
    builder.withRow(new dashboard.RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return numbered(builder.build());
}
