/** Prometheus and Alertmanager over an embedded stack, as processes of their own. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { type LoopbackPager, startLoopbackPager } from '#dev/loopback/loopbackPager.ts';
import type { PrometheusTools } from '#dev/tools/prometheusTools.ts';
import { freePort } from './freePort.ts';
import { localRouting } from './localRouting.ts';
import type { Reaper } from './reaper.ts';
import { createReleasers } from './releasers.ts';
import { startServer } from './serverProcess.ts';

export interface MonitoringOptions {
  tools: PrometheusTools;
  /** Folder for configuration, data and logs. */
  folder: string;
  reaper: Pick<Reaper, 'watch'>;
  /** `host:port` of each job, or a list of them for several replicas. */
  targets: Record<string, string | string[]>;
  /** Whole scrape configurations of other jobs, such as those of startExporters. */
  scrapes?: readonly object[];
  ruleFiles: string[];
  scrapeSeconds: number;
  /** Divides the waiting times of the alert routes. */
  factor?: number;
}

export interface Monitoring {
  prometheusUrl: string;
  alertmanagerUrl: string;
  pager: LoopbackPager;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const ALERTS = path.resolve(import.meta.dirname, '../../alerts');
const ROUTES = path.join(ALERTS, 'alertmanager.yml');
/** The rules in alerts/ select by this label, which every target has to carry. */
const TARGET_LABELS = { environment: 'production' };

/** @param own `host:port` of both servers, which are scraped, too. */
function prometheusConfig(
  options: MonitoringOptions,
  own: { prometheus: string; alertmanager: string },
): string {
  const interval = `${options.scrapeSeconds}s`;
  return stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
    },
    rule_files: options.ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: [own.alertmanager] }] }] },
    scrape_configs: [
      ...Object.entries(options.targets).map(([job_name, target]) => ({
        job_name,
        static_configs: [{ targets: [target].flat(), labels: TARGET_LABELS }],
      })),
      ...(options.scrapes ?? []),
      { job_name: 'prometheus', static_configs: [{ targets: [own.prometheus] }] },
      { job_name: 'alertmanager', static_configs: [{ targets: [own.alertmanager] }] },
    ],
  });
}

/** The rule files that the production configuration names. */
export async function committedRuleFiles(): Promise<string[]> {
  const { rule_files } = parse(await readFile(path.join(ALERTS, 'prometheus.yml'), 'utf8'));
  return (rule_files as string[]).map((file) => path.join(ALERTS, file));
}

/** Addresses to scrape in an embedded stack, by the job names that the rules expect. */
export const targetsOf = (env: Record<string, string>): Record<string, string> => ({
  'a4c-api': `${HOST}:${env.PORT}`,
  'a4c-worker': `${HOST}:${env.HEALTH_CHECK_PORT}`,
});

/**
 * Starts both with the rules and routes of production, and scrapes the targets.
 * @throws Error with the last log lines of the server that did not start.
 */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { tools, factor = 1 } = options;
  const folder = path.join(options.folder, 'monitoring');
  await mkdir(folder, { recursive: true });
  const [prometheusPort, alertmanagerPort] = await Promise.all([freePort(), freePort()]);
  const prometheus = `${HOST}:${prometheusPort}`;
  const alertmanager = `${HOST}:${alertmanagerPort}`;
  const releasers = createReleasers();
  const pager = await startLoopbackPager();
  releasers.push(pager.stop);
  const file = (name: string) => path.join(folder, name);
  const routes = localRouting(await readFile(ROUTES, 'utf8'), pager.url, factor);
  await writeFile(file('alertmanager.yml'), routes);
  await writeFile(file('prometheus.yml'), prometheusConfig(options, { prometheus, alertmanager }));
  const start = (program: string, args: string[], url: string) =>
    startServer({
      program,
      args,
      readyUrl: `http://${url}/-/ready`,
      folder,
      reaper: options.reaper,
    });
  try {
    const alertmanagerArgs = [
      `--config.file=${file('alertmanager.yml')}`,
      `--storage.path=${file('alertmanager')}`,
      `--web.listen-address=${alertmanager}`,
      // Disables clustering, which would need another port and address.
      '--cluster.listen-address=',
    ];
    const prometheusArgs = [
      `--config.file=${file('prometheus.yml')}`,
      `--storage.tsdb.path=${file('prometheus')}`,
      `--web.listen-address=${prometheus}`,
      '--enable-feature=exemplar-storage',
    ];
    const servers = await Promise.all([
      start(tools.alertmanager, alertmanagerArgs, alertmanager),
      start(tools.prometheus, prometheusArgs, prometheus),
    ]);
    for (const { stop } of servers) releasers.push(stop);
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
  return {
    prometheusUrl: `http://${prometheus}`,
    alertmanagerUrl: `http://${alertmanager}`,
    pager,
    stop: releasers.releaseAll,
  };
}
