/** The embedded stack as a target: its parts, one API, and as many workers as are asked for. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { freePort } from '#dev/freePort.ts';
import { committedRuleFiles, startMonitoring, targetsOf } from '#dev/monitoring.ts';
import { createProcesses } from '#dev/processes.ts';
import { presentPrometheusTools } from '#dev/prometheusTools.ts';
import { createReleasers } from '#dev/releasers.ts';
import { type Stack, startStack } from '#dev/stack.ts';
import type { LoadRecord } from '../../load/contracts.ts';
import { databaseProblems } from './databaseCheck.ts';
import { PERMISSIONS, type Target } from './target.ts';

export interface EmbeddedOptions {
  workers: number;
  /** Start them only when they are asked for. */
  workersLater: boolean;
  /** Prometheus over it, where it is there. */
  monitored: boolean;
  lifetimeSeconds: number;
  log: (message: string) => void;
}

const CACHE = path.resolve(import.meta.dirname, '../../.cache');
const SCRAPE_SECONDS = 5;
/** Several are started at once by as many as there are cores here at least. */
const STARTED_AT_ONCE = 2;

/** What a script asks for that only the stack around the API can do. */
function serve({ dns, idp }: Stack, record: LoadRecord): void {
  const { kind } = record;
  if (kind === 'publish') {
    dns.set(record.name, [{ name: record.name, type: 'TXT', value: record.value }]);
  } else if (kind === 'login') idp.account = record.account;
}

async function prometheusOver({ folder, reaper, env }: Stack) {
  const tools = await presentPrometheusTools(CACHE);
  if (!tools) return undefined;
  const ruleFiles = await committedRuleFiles();
  const targets = targetsOf(env);
  return startMonitoring({
    tools,
    folder,
    reaper,
    targets,
    ruleFiles,
    scrapeSeconds: SCRAPE_SECONDS,
  });
}

/** The ports of the workers: the first one's is the stack's. */
const workerPorts = async ({ env }: Stack, count: number): Promise<string[]> =>
  [
    env.HEALTH_CHECK_PORT!,
    ...(await Promise.all(Array.from({ length: Math.max(0, count - 1) }, freePort))).map(String),
  ].slice(0, count);

/**
 * Resolves when it can be loaded. When something fails, everything is stopped again.
 * @throws Error of the part that did not start; AbortError once `stopping` is aborted.
 */
export async function embeddedTarget(
  options: EmbeddedOptions,
  stopping: AbortSignal,
): Promise<Target> {
  const { log } = options;
  const releasers = createReleasers();
  // Commits are flushed, as in production: what is measured here should be comparable.
  const stack = await startStack({ log, durable: true });
  releasers.push(stack.stop);
  try {
    stopping.throwIfAborted();
    const roles = createProcesses(stack);
    releasers.push(roles.stop);
    const ports = await workerPorts(stack, options.workers);
    const startWorkers = async () => {
      for (let from = 0; from < ports.length; from += STARTED_AT_ONCE) {
        const some = ports.slice(from, from + STARTED_AT_ONCE);
        await Promise.all(some.map((port) => roles.start('worker', { HEALTH_CHECK_PORT: port })));
      }
    };
    await Promise.all([roles.start('api'), options.workersLater ? undefined : startWorkers()]);
    stopping.throwIfAborted();
    const monitoring = options.monitored ? await prometheusOver(stack) : undefined;
    if (monitoring) releasers.push(monitoring.stop);
    const url = `http://127.0.0.1:${stack.env.PORT}`;
    const token = await stack.supabase.issueToken({
      sub: randomUUID(),
      permissions: PERMISSIONS,
      lifetimeSeconds: options.lifetimeSeconds,
    });
    return {
      name: 'the embedded stack',
      url,
      token,
      loopback: { mailboxUrl: stack.smtp.mailboxUrl, idpMetadataUrl: stack.idp.metadataUrl },
      serve: (record) => serve(stack, record),
      metricsUrls: () => [
        { process: 'api', url: `${url}/metrics` },
        ...ports.map((port, index) => ({
          process: `worker ${index + 1}`,
          url: `http://127.0.0.1:${port}/metrics`,
        })),
      ],
      startWorkers,
      databaseProblems: (expected) => databaseProblems(stack.env, expected),
      ...(monitoring && { prometheusUrl: monitoring.prometheusUrl }),
      watch: stack.reaper.watch,
      stop: releasers.releaseAll,
    };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
