/** The parts that all dashboards share: variables, annotations, rows, and links to each other. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type { Addresses } from './addresses.ts';
import { COLOURS } from './colours.ts';
import type { Built } from './panelParts.ts';
import { alerts, max, own } from './promql.ts';
import { DATASOURCE, variables } from './variables.ts';

/** A titled group of panels. The first of a dashboard is open, the others are opened by a click. */
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

/** Rows and panels in order, those of collapsed rows included. */
const flattened = (built: dashboard.Dashboard) =>
  (built.panels ?? []).flatMap((panel) => [panel, ...('panels' in panel ? panel.panels : [])]);

/** Sets unique panel ids, because the SDK sets none. */
function numbered(built: dashboard.Dashboard): dashboard.Dashboard {
  for (const [index, panel] of flattened(built).entries()) panel.id = index + 1;
  return built;
}

/** A collapsed row holds its panels; those of an open one stand behind it. */
function addSection(builder: dashboard.DashboardBuilder, section: Section, isOpen: boolean): void {
  const row = new dashboard.RowBuilder(section.title);
  if (!isOpen) for (const panel of section.panels) row.withPanel(panel);
  builder.withRow(row);
  if (isOpen) for (const panel of section.panels) builder.withPanel(panel);
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
        COLOURS.begun,
        `${BUILD} unless ${BUILD_BEFORE}`,
        'Deployed {{version}}',
        '{{revision}}',
      ),
    )
    .annotation(
      annotation(
        'Firing alerts',
        COLOURS.failed,
        alerts('alertstate="firing",alertname!="Watchdog"'),
        '{{alertname}}',
        '{{severity}}',
      ),
    );
  for (const [index, section] of spec.sections.entries()) addSection(builder, section, index === 0);
  return numbered(builder.build());
}
