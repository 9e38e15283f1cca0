/** The exporters over an embedded stack: PostgreSQL, its disk, and probes of addresses. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { ExporterTools } from '#dev/tools/exporterTools.ts';
import { withClient } from './connections.ts';
import { freePort } from './freePort.ts';
import type { Reaper } from './reaper.ts';
import { createReleasers } from './releasers.ts';
import { startServer } from './serverProcess.ts';

export interface ExporterOptions {
  tools: ExporterTools;
  /** Folder of the stack: of the logs, and the one whose file system is measured. */
  folder: string;
  reaper: Pick<Reaper, 'watch'>;
  /** Connection string of a role that may make roles. */
  ownerUrl: string;
  /** Addresses to probe, as callers reach them. */
  probes?: readonly string[];
  /** PEM file of the authorities that probes trust, where they are not the machine's own. */
  authorities?: string;
}

export interface Exporters {
  /** For startMonitoring: the jobs a4c-postgres, a4c-disk and a4c-probe, as production has them. */
  scrapes: object[];
  stop(): Promise<void>;
}

interface ScrapeConfig {
  job_name: string;
  static_configs?: { targets: string[] }[];
  relabel_configs?: { target_label: string; replacement?: string }[];
  metric_relabel_configs?: { source_labels: string[]; regex: string }[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const HOST = '127.0.0.1';
const LOGIN = 'a4c_exporter';

const textOf = (file: string): Promise<string> => readFile(path.join(ROOT, file), 'utf8');

/** Makes the exporter's login by the script that production uses. @returns its connection string. */
async function createLogin(ownerUrl: string): Promise<string> {
  const password = randomBytes(18).toString('base64url');
  const script = await textOf('sql/monitoring/exporter.sql');
  await withClient(ownerUrl, (client) =>
    client.query(`${script}; ALTER ROLE ${LOGIN} PASSWORD '${password}'`),
  );
  const url = new URL(ownerUrl);
  url.username = LOGIN;
  url.password = password;
  url.searchParams.set('sslmode', 'disable');
  return url.href;
}

/** Where the file system that has a folder is mounted. */
async function mountPointOf(folder: string): Promise<string> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const points = mounts.split('\n').map((line) => line.split(' ')[1] ?? '/');
  const above = points.filter((point) => !path.relative(point, folder).startsWith('..'));
  return above.reduce((longest, point) => (point.length > longest.length ? point : longest), '/');
}

/**
 * The exporters' jobs of the production configuration, for local addresses.
 * @param addresses targets of each job; those of a4c-probe are what is probed.
 */
function localScrapes(
  production: string,
  addresses: Record<string, readonly string[]>,
  here: { blackbox: string; disk: string },
): object[] {
  const { scrape_configs } = parse(production) as { scrape_configs: ScrapeConfig[] };
  return Object.entries(addresses)
    .filter(([, targets]) => targets.length > 0)
    .map(([job, targets]) => {
      const found = scrape_configs.find(({ job_name }) => job_name === job);
      if (!found) throw new Error(`alerts/prometheus.yml has no job ${job}`);
      const relabel_configs = found.relabel_configs?.map((rule) =>
        rule.target_label === '__address__' ? { ...rule, replacement: here.blackbox } : rule,
      );
      const metric_relabel_configs = found.metric_relabel_configs?.map((rule) =>
        rule.source_labels.includes('mountpoint') ? { ...rule, regex: here.disk } : rule,
      );
      const changed = { relabel_configs, metric_relabel_configs };
      return { ...found, ...changed, static_configs: [{ targets }] };
    });
}

/** Arguments of each exporter, as compose.yaml and Kubernetes give them, for one port each. */
const argumentsOf = (ports: Record<keyof ExporterTools, number>) => ({
  postgres: [
    `--extend.query-path=${path.join(ROOT, 'compose/postgres-exporter.yml')}`,
    '--disable-default-metrics',
    '--disable-settings-metrics',
    `--web.listen-address=${HOST}:${ports.postgres}`,
  ],
  blackbox: [
    `--config.file=${path.join(ROOT, 'compose/blackbox.yml')}`,
    `--web.listen-address=${HOST}:${ports.blackbox}`,
  ],
  node: [
    '--collector.disable-defaults',
    '--collector.filesystem',
    // By default the file system of a container is left out.
    '--collector.filesystem.fs-types-exclude=^(proc|sysfs|cgroup2?|devpts|mqueue|nsfs)$',
    `--web.listen-address=${HOST}:${ports.node}`,
  ],
});

/**
 * Starts the exporters with the configuration of production.
 * @throws Error with the last log lines of the one that did not start.
 */
export async function startExporters(options: ExporterOptions): Promise<Exporters> {
  const { tools, reaper, ownerUrl, probes = [], authorities } = options;
  const folder = path.join(options.folder, 'exporters');
  await mkdir(folder, { recursive: true });
  const [postgres, blackbox, node] = await Promise.all([freePort(), freePort(), freePort()]);
  const ports = { postgres, blackbox, node };
  const args = argumentsOf(ports);
  const env: Partial<Record<keyof ExporterTools, Record<string, string>>> = {
    postgres: { DATA_SOURCE_NAME: await createLogin(ownerUrl) },
    ...(authorities && { blackbox: { SSL_CERT_FILE: authorities } }),
  };
  const releasers = createReleasers();
  const start = async (kind: keyof ExporterTools) => {
    const readyUrl = `http://${HOST}:${ports[kind]}/`;
    const server = { program: tools[kind], args: args[kind], env: env[kind], readyUrl };
    releasers.push((await startServer({ ...server, folder, reaper })).stop);
  };
  const starting = [start('postgres'), start('blackbox'), start('node')];
  try {
    await Promise.all(starting);
  } catch (error) {
    // One that is still starting can only be stopped after its start.
    await Promise.allSettled(starting);
    await releasers.releaseAll();
    throw error;
  }
  const addresses = {
    'a4c-postgres': [`${HOST}:${ports.postgres}`],
    'a4c-disk': [`${HOST}:${ports.node}`],
    'a4c-probe': probes,
  };
  const scrapes = localScrapes(await textOf('alerts/prometheus.yml'), addresses, {
    blackbox: `${HOST}:${ports.blackbox}`,
    disk: await mountPointOf(options.folder),
  });
  return { scrapes, stop: releasers.releaseAll };
}
