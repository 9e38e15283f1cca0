/** Manifests made from what is defined elsewhere: the alerts' rules and the dashboards. */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const FOLDER = path.join(ROOT, 'k8s/components/monitoring');
const HEAD = '# Made by `npm run k8s:build`: change it there.\n';

const manifest = (source: string, content: object): string =>
  `${HEAD}# From ${source}.\n${stringify(content, { lineWidth: 0 })}`;

async function prometheusRule(): Promise<string> {
  const files = globSync('*.yml', { cwd: path.join(ROOT, 'alerts') })
    .filter((file) => !file.endsWith('.test.yml'))
    .sort();
  const groups: unknown[] = [];
  for (const file of files) {
    const content = parse(await readFile(path.join(ROOT, 'alerts', file), 'utf8'));
    // Alertmanager's and Prometheus' own files lie beside the rules.
    groups.push(...(content.groups ?? []));
  }
  return manifest('alerts/*.yml', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'a4c-workflows' },
    spec: { groups },
  });
}

async function dashboard(file: string): Promise<string> {
  const model = JSON.parse(await readFile(path.join(ROOT, 'dashboards', file), 'utf8'));
  return manifest(`dashboards/${file}`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `a4c-dashboard-${path.parse(file).name}`,
      labels: { grafana_dashboard: '1' },
      annotations: { grafana_folder: 'A4C workflows' },
    },
    data: { [file]: JSON.stringify(model) },
  });
}

/** Content of each generated file, by its path in `k8s/components/monitoring`. */
export async function generatedManifests(): Promise<Map<string, string>> {
  const files = new Map([['prometheus-rules.yaml', await prometheusRule()]]);
  for (const file of globSync('*.json', { cwd: path.join(ROOT, 'dashboards') }).sort()) {
    files.set(`dashboards/${path.parse(file).name}.yaml`, await dashboard(file));
  }
  return files;
}

/** Paths of the files that are not what their sources say. */
export async function staleManifests(): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, content] of await generatedManifests()) {
    const found = await readFile(path.join(FOLDER, name), 'utf8').catch(() => undefined);
    if (found !== content) stale.push(path.relative(ROOT, path.join(FOLDER, name)));
  }
  return stale;
}
