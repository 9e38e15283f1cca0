/** Prometheus and Alertmanager over an embedded stack, as processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { type LoopbackPager, startLoopbackPager } from '#dev/loopback/loopbackPager.ts';
import type { PrometheusTools } from '#dev/tools/prometheusTools.ts';
import { endProcess } from './endProcess.ts';
import { freePort } from './freePort.ts';
import { localRouting } from './localRouting.ts';
import { tailOf } from './logTail.ts';
import type { Reaper } from './reaper.ts';
import { createReleasers } from './releasers.ts';

export interface MonitoringOptions {
  tools: PrometheusTools;
  /** Folder for configuration, data and logs. */
  folder: string;
  reaper: Pick<Reaper, 'watch'>;
  /** `host:port` of each job, or a list of them for several replicas. */
  targets: Record<string, string | string[]>;
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
const READY_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** Starts a server and resolves when its `/-/ready` answers. */
async function startServer(
  { folder, reaper }: MonitoringOptions,
  program: string,
  args: string[],
  url: string,
): Promise<{ stop: () => Promise<void> }> {
  const logFile = path.join(folder, `${path.basename(program)}.log`);
  const log = await open(logFile, 'a');
  // Only PATH: proxy settings would redirect the scrapes.
  const env = { PATH: process.env.PATH };
  const child = spawn(program, args, {
    // An unpacked Alertmanager reads its templates relative to its own folder.
    ...(path.isAbsolute(program) && { cwd: path.dirname(program) }),
    env,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  reaper.watch(child.pid!);
  await log.close();
  const deadline = Date.now() + READY_LIMIT_MS;
  const ready = () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await ready())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await endProcess(child);
      throw new Error(`${path.basename(program)} did not start. ${await tailOf(logFile)}`);
    }
    await delay(POLL_MS);
  }
  return { stop: () => endProcess(child) };
}

function prometheusConfig(options: MonitoringOptions, alertmanager: string): string {
  const interval = `${options.scrapeSeconds}s`;
  return stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
    },
    rule_files: options.ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: Object.entries(options.targets).map(([job_name, target]) => ({
      job_name,
      static_configs: [{ targets: [target].flat() }],
    })),
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
  await writeFile(file('prometheus.yml'), prometheusConfig(options, alertmanager));
  const here = { ...options, folder };
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
      startServer(here, tools.alertmanager, alertmanagerArgs, `http://${alertmanager}`),
      startServer(here, tools.prometheus, prometheusArgs, `http://${prometheus}`),
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
