/** The embedded stack with Prometheus, for `npm run check -- live` and the preview. */
import { globSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exporters, startExporters } from '#dev/embedded/exporters.ts';
import { startMonitoring } from '#dev/embedded/monitoring.ts';
import { createProcesses } from '#dev/embedded/processes.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { type LoopbackEdge, startLoopbackEdge } from '#dev/loopback/loopbackEdge.ts';
import { resolveExporterTools } from '#dev/tools/exporterTools.ts';
import type { PrometheusTools } from '#dev/tools/prometheusTools.ts';
import { createPrometheusClient, type PrometheusClient } from './prometheusClient.ts';

export interface MonitoredStack {
  stack: Stack;
  apiUrl: string;
  prometheusUrl: string;
  alertmanagerUrl: string;
  prometheus: PrometheusClient;
  /** The API over TLS, as it is probed. */
  edge: LoopbackEdge;
  /** Ends the only worker. */
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

const SCRAPE_SECONDS = 1;
const HOST = '127.0.0.1';
const RULES = path.resolve(import.meta.dirname, '../../alerts');
const SCRAPED_LIMIT_MS = 30_000;
const POLL_MS = 200;
const DAY_MS = 86_400_000;
const CERTIFICATE_DAYS = 90;
const CACHE = path.resolve(import.meta.dirname, '../../.cache');

/** The rule files: without tests and without files that hold no rules. */
const ruleFiles = (): string[] =>
  globSync('*.yml', { cwd: RULES })
    .filter((file) => !/\.test\.yml$|^(prometheus|alertmanager)\.yml$/.test(file))
    .map((file) => path.join(RULES, file));

/** increase() needs a sample from before the growth, so both targets are scraped twice. */
async function untilScraped(prometheus: PrometheusClient, jobs: string[]): Promise<void> {
  const deadline = Date.now() + SCRAPED_LIMIT_MS;
  const scraped = async () =>
    (await prometheus.instant(`count_over_time(up{job=~"${jobs.join('|')}"}[1m]) > 1`)).length;
  while ((await scraped()) < jobs.length) {
    if (Date.now() > deadline) throw new Error('Prometheus does not scrape API and worker');
    await delay(POLL_MS);
  }
}

interface MonitoredStackOptions {
  /** Settings of the roles that replace those of the stack. */
  settings?: Record<string, string>;
  /** Done before Prometheus looks: the first requests of a process are its slowest. */
  warmUp?: (apiUrl: string, stack: Stack) => Promise<void>;
}

/** Settings that give every metric a value. */
const extraSettings = () => ({
  SECRETS_ROTATED_AT: `SMTP_PASS=${new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)}`,
});

/** @param edge the API behind TLS, whose certificate is probed. */
async function exportersOf({ folder, reaper, env }: Stack, edge: LoopbackEdge): Promise<Exporters> {
  return startExporters({
    tools: await resolveExporterTools({ cacheFolder: CACHE, log: console.log }),
    folder,
    reaper,
    ownerUrl: env.MIGRATION_DATABASE_URL!,
    probes: [`${edge.url}/health`],
    authorities: edge.certificateFile,
  });
}

/**
 * Resolves when API and worker are ready and scraped.
 * @throws Error of what did not start.
 */
export async function startMonitoredStack(
  tools: PrometheusTools,
  { settings = {}, warmUp = async () => {} }: MonitoredStackOptions = {},
): Promise<MonitoredStack> {
  const releasers = createReleasers();
  const stack = await startStack({ settings });
  releasers.push(stack.stop);
  try {
    const { folder, reaper, env } = stack;
    const roles = createProcesses({ folder, reaper, env: { ...env, ...extraSettings() } });
    releasers.push(roles.stop);
    const targets = {
      'a4c-api': `${HOST}:${env.PORT}`,
      'a4c-worker': `${HOST}:${env.HEALTH_CHECK_PORT}`,
    };
    const apiUrl = `http://${targets['a4c-api']}`;
    const [, worker] = await Promise.all([roles.start('api'), roles.start('worker')]);
    await warmUp(apiUrl, stack);
    const upstream = Number(env.PORT);
    const edge = await startLoopbackEdge({ upstream, days: CERTIFICATE_DAYS, folder });
    releasers.push(edge.stop);
    const exporters = await exportersOf(stack, edge);
    releasers.push(exporters.stop);
    const monitoring = await startMonitoring({
      tools,
      folder,
      reaper,
      targets,
      scrapes: exporters.scrapes,
      ruleFiles: ruleFiles(),
      scrapeSeconds: SCRAPE_SECONDS,
    });
    releasers.push(monitoring.stop);
    const prometheus = createPrometheusClient(monitoring.prometheusUrl);
    await untilScraped(prometheus, Object.keys(targets));
    const { prometheusUrl, alertmanagerUrl } = monitoring;
    const urls = { apiUrl, prometheusUrl, alertmanagerUrl };
    const stopWorker = () => worker.stop();
    return { stack, ...urls, prometheus, edge, stopWorker, stop: releasers.releaseAll };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
