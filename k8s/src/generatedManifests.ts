/** Generates manifests from other definitions: alert rules and dashboards. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { ruleFiles } from '#alerts/src/ruleFiles.ts';
import { createTimeScale } from '#alerts/src/timeScale.ts';
import { addressesFrom } from '#dashboards/src/addresses.ts';
import { contentOf, dashboards } from '#dashboards/src/dashboardFiles.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FOLDER = 'k8s/components/monitoring';
const HEAD = '# Made by `npm run generate`: change it there.\n';

const manifest = (source: string, content: object): string =>
  `${HEAD}# From ${source}.\n${stringify(content, { lineWidth: 0 })}`;

function prometheusRule(): string {
  const files = [...ruleFiles(createTimeScale())].sort(([a], [b]) => (a < b ? -1 : 1));
  return manifest('alerts/*.yml', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'a4c-workflows' },
    spec: { groups: files.flatMap(([, content]) => parse(content).groups) },
  });
}

/** @param name file name in `dashboards/` without its extension. */
function dashboardConfig(name: string, content: string): string {
  const file = `${name}.json`;
  return manifest(`dashboards/${file}`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `a4c-dashboard-${name}`,
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'A4C workflows' },
    },
    data: { [file]: JSON.stringify(JSON.parse(content)) },
  });
}

/** Content of each generated file, by its path from the repository's folder. */
export function generatedManifests(): Map<string, string> {
  const files = new Map([[`${FOLDER}/prometheus-rules.yaml`, prometheusRule()]]);
  for (const [file, dashboard] of dashboards(addressesFrom(process.env, 'cluster'))) {
    const name = file.replace(/\.json$/, '');
    files.set(`${FOLDER}/dashboards/${name}.yaml`, dashboardConfig(name, contentOf(dashboard)));
  }
  for (const file of ['postgres-exporter.yml', 'blackbox.yml']) {
    const content = readFileSync(path.join(ROOT, 'compose', file), 'utf8');
    files.set(`k8s/components/exporters/${file}`, `${HEAD}# From compose/${file}.\n${content}`);
  }
  return files;
}
