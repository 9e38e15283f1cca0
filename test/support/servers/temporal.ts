/** The Temporal server of a test run, and the workflow bundle that all workers share. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { startTemporal } from '#dev/embedded/temporal.ts';
import { loadDevConfig } from '#dev/settings.ts';
import { resolveTemporalCli } from '#dev/tools/temporalCli.ts';
import { cachedWorkflowBundle } from '#kernel/temporal/workflowBundle.ts';
import { CACHE } from '#support/paths.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of the run's server. */
    temporalAddress: string;
    /** Path of the CLI, for tests that stop a server of their own. */
    temporalCli: string;
    workflowBundlePath: string;
  }
}

export async function startTemporalForTests() {
  await mkdir(CACHE, { recursive: true });
  const { TEMPORAL_CLI: explicit } = loadDevConfig('dev');
  const cli = await resolveTemporalCli({ explicit, cacheFolder: CACHE, log: console.log });
  const folder = await mkdtemp(path.join(CACHE, 'test-temporal-'));
  const [server, workflowBundlePath] = await Promise.all([
    startTemporal({ cli, logFile: path.join(folder, 'server.log') }),
    cachedWorkflowBundle(CACHE),
  ]);
  return {
    address: server.address,
    cli,
    workflowBundlePath,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
