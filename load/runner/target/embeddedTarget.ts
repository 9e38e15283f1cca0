/** The embedded stack as a target: its parts, one API, and the requested number of workers. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { freePort } from '#dev/embedded/freePort.ts';
import { committedRuleFiles, startMonitoring, targetsOf } from '#dev/embedded/monitoring.ts';
import { createProcesses, type Processes } from '#dev/embedded/processes.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { presentPrometheusTools } from '#dev/tools/prometheusTools.ts';
import type { LoadRecord } from '../../k6/contracts.ts';
import { databaseProblems } from './databaseCheck.ts';
import { PERMISSIONS, type Target } from './target.ts';

export interface EmbeddedOptions {
  workers: number;
  /** Start the workers only when `startWorkers` is called. */
  workersLater: boolean;
  /** Prometheus of the stack, if available. */
  monitored: boolean;
  lifetimeSeconds: number;
  log: (message: string) => void;
}

const CACHE = path.resolve(import.meta.dirname, '../../../.cache');
const HOST = '127.0.0.1';
const HTTP = `http://${HOST}`;
const SCRAPE_SECONDS = 5;
/** Number of workers that start at once, because each uses one core while it starts. */
const STARTED_AT_ONCE = 2;

/** Requests of a script that only the embedded stack can fulfil. */
function serve({ dns, idp }: Stack, record: LoadRecord): void {
  const { kind } = record;
  if (kind === 'publish') {
    dns.set(record.name, [{ name: record.name, type: 'TXT', value: record.value }]);
  } else if (kind === 'login') idp.account = record.account;
}

async function prometheusOver({ folder, reaper, env }: Stack, ports: string[]) {
  const tools = await presentPrometheusTools(CACHE);
  if (!tools) return undefined;
  const ruleFiles = await committedRuleFiles();
  const workers = ports.map((port) => `${HOST}:${port}`);
  const targets = { ...targetsOf(env), 'a4c-worker': workers };
  return startMonitoring({
    tools,
    folder,
    reaper,
    targets,
    ruleFiles,
    scrapeSeconds: SCRAPE_SECONDS,
  });
}

/** Ports of the workers; the first is the stack's. */
async function workerPorts({ env }: Stack, count: number): Promise<string[]> {
  const more = await Promise.all(Array.from({ length: Math.max(0, count - 1) }, freePort));
  return [env.HEALTH_CHECK_PORT!, ...more.map(String)].slice(0, count);
}

/** Starts a worker on each port, a few at a time. */
async function startOn(roles: Processes, ports: string[]): Promise<void> {
  for (let from = 0; from < ports.length; from += STARTED_AT_ONCE) {
    const some = ports.slice(from, from + STARTED_AT_ONCE);
    await Promise.all(some.map((port) => roles.start('worker', { HEALTH_CHECK_PORT: port })));
  }
}

/** The target, once the stack's roles run. */
async function targetOver(
  stack: Stack,
  ports: string[],
  lifetimeSeconds: number,
): Promise<Omit<Target, 'stop' | 'startWorkers' | 'prometheusUrl'>> {
  const { env, supabase, smtp, idp, reaper } = stack;
  const url = `${HTTP}:${env.PORT}`;
  const workers = ports.map((port, index) => ({
    process: `worker ${index + 1}`,
    url: `${HTTP}:${port}/metrics`,
  }));
  return {
    name: 'the embedded stack',
    url,
    token: await supabase.issueToken({
      sub: randomUUID(),
      permissions: PERMISSIONS,
      lifetimeSeconds,
    }),
    loopback: { mailboxUrl: smtp.mailboxUrl, idpMetadataUrl: idp.metadataUrl },
    serve: (record) => serve(stack, record),
    metricsUrls: () => [{ process: 'api', url: `${url}/metrics` }, ...workers],
    databaseProblems: (expected) => databaseProblems(env, expected),
    watch: reaper.watch,
  };
}

/**
 * Waits until it is ready for load. After an error, everything is stopped again.
 * @throws Error of the part that did not start; AbortError once `stopping` is aborted.
 */
export async function embeddedTarget(
  options: EmbeddedOptions,
  stopping: AbortSignal,
): Promise<Target> {
  const releasers = createReleasers();
  // Commits are flushed to disk, as in production, so that the figures are comparable.
  const stack = await startStack({ log: options.log, durable: true });
  releasers.push(stack.stop);
  try {
    stopping.throwIfAborted();
    const roles = createProcesses(stack);
    releasers.push(roles.stop);
    const ports = await workerPorts(stack, options.workers);
    const startWorkers = () => startOn(roles, ports);
    await Promise.all([roles.start('api'), options.workersLater ? undefined : startWorkers()]);
    stopping.throwIfAborted();
    const monitoring = options.monitored ? await prometheusOver(stack, ports) : undefined;
    if (monitoring) releasers.push(monitoring.stop);
    return {
      ...(await targetOver(stack, ports, options.lifetimeSeconds)),
      startWorkers,
      ...(monitoring && { prometheusUrl: monitoring.prometheusUrl }),
      stop: releasers.releaseAll,
    };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
