/** Generates `docs/metrics.md` from the catalogue and the queries of dashboards and alerts. */

import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { METRICS } from '#metricCatalogue.ts';
import { NOT_SHOWN } from './allowances.ts';
import { type MetricUse, metricUses } from './metricUse.ts';

const UNITS: Record<MetricDefinition['unit'], string> = {
  short: '',
  s: ' in seconds',
  bytes: ' in bytes',
  dateTimeFromNow: ' as Unix time in seconds',
};
const PROCESSES: Record<MetricDefinition['from'], string> = {
  api: 'API',
  worker: 'worker',
  both: 'API and worker',
};

const INTRODUCTION = `# Metrics

<!-- Made by \`npm run generate\` from src/metricCatalogue.ts, dashboards/ and alerts/. -->

API and worker answer \`GET /metrics\`: the API on \`PORT\`, the worker on \`HEALTH_CHECK_PORT\`, in
Prometheus text, or in OpenMetrics with exemplars that carry the trace id, by the request's Accept.

- Label sets are closed: no id, address, domain, raw path or error text is a label. Every known
  combination is there from the start with 0, so that \`increase()\` sees the first event.
- **Totals from the database** are the same in every replica of the API: aggregate them with
  \`max by\`, never with \`sum\`. They are exact after crashes, terminations and time outs.
- Newer versions of Prometheus write bucket edges as \`3600.0\`: select them with
  \`le=~"3600(\\\\.0)?"\`.
- Beside these there are the metrics of the Node process (\`process_*\`, \`nodejs_*\`, by prom-client),
  and on the worker those of the Temporal SDK (\`temporal_*\`), at the end.
`;

const list = (items: readonly string[]): string => (items.length > 0 ? items.join(', ') : 'none');
const code = (items: readonly string[]): string => list(items.map((item) => `\`${item}\``));

/** Dashboard titles without their common prefix. */
const shortTitle = (title: string): string => title.replace(/^.*: /, '');

const runbook = (alert: string): string => `[${alert}](runbooks/${alert}.md)`;

function usedBy({ dashboards, alerts }: MetricUse, excuse: string | undefined): string[] {
  const shown = excuse ?? list(dashboards.map(shortTitle));
  return [`- Dashboards: ${shown}`, `- Alerts: ${list([...alerts].sort().map(runbook))}`];
}

function section(name: string, definition: MetricDefinition, use: MetricUse): string {
  const { type, unit, labels, buckets, from, source, help } = definition;
  const excuse = (NOT_SHOWN as Record<string, string | undefined>)[name];
  return [
    `### ${name}`,
    '',
    help,
    '',
    `- ${type}${UNITS[unit]}, from ${PROCESSES[from]}`,
    `- Labels: ${code(labels)}`,
    ...(buckets ? [`- Buckets: ${buckets.join(', ')}`] : []),
    `- Moves: ${source}`,
    ...usedBy(use, excuse),
  ].join('\n');
}

const NO_USE: MetricUse = { dashboards: [], alerts: [] };

/** Table of the metrics of other programs that dashboards and alerts use. */
function others(uses: Map<string, MetricUse>): string {
  const rows = [...uses]
    .filter(([name]) => !(name in METRICS) && /^(temporal|nodejs|process)_/.test(name))
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, { dashboards, alerts }]) => {
      const cells = [list(dashboards.map(shortTitle)), list([...alerts].sort().map(runbook))];
      return `| \`${name}\` | ${cells.join(' | ')} |`;
    });
  return [
    '## Metrics of others that are used',
    '',
    'Histograms are named without `_bucket`, `_sum` and `_count`. The SDK makes a series with its first event, so some are absent until something fails.',
    '',
    '| metric | dashboards | alerts |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** The whole page. */
export function metricsPage(): string {
  const uses = metricUses();
  const own = Object.entries(METRICS as Record<string, MetricDefinition>).map(
    ([name, definition]) => section(name, definition, uses.get(name) ?? NO_USE),
  );
  return `${[INTRODUCTION, '## Metrics of this service\n', own.join('\n\n'), '', others(uses)].join('\n')}\n`;
}
