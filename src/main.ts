/** The entry point of all roles: `node src/main.ts <role>`. */
import { parseArgs } from 'node:util';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { stopTracing } from '#kernel/telemetry/tracing/tracing.ts';
import { withUsage } from '#roles/commandLine.ts';
import { type Roles, runRole } from '#roles/runRole.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { ConfigError, loadConfig } from './config.ts';

const USAGE = `usage: node src/main.ts <role> [options]

  api               HTTP API and reconciler (npm run api)
  worker            Temporal worker (npm run worker); --queues=bootstrap,users tells which
                    task queues it serves, both by default
  migrate           bring the database's schema up to date (npm run migrate)
  bundle <file>     write the workflow bundle for WORKER_BUNDLE_PATH
  trigger-workflow  start one bootstrap from a file (npm run trigger-workflow)
  ops <command>     health checks, waiting events, lineage (npm run ops -- --help)

Settings are environment variables; docs/settings.md lists them. <role> --help tells its options.
`;

/**
 * For closing connections and exporting spans. A process that was told to stop then ends whatever holds
 * it, before the pods' terminationGracePeriodSeconds.
 */
const AFTER_WORK_MS = 8_000;

async function api(): Promise<void> {
  const config = loadConfig('api');
  const { runApi } = await import('#roles/api/runApi.ts');
  const limitMs = config.REQUEST_TIMEOUT_MS + AFTER_WORK_MS;
  await runApi(config, createLogger('api', config.LOG_LEVEL), stopRequest({ limitMs }));
  await stopTracing();
}

/** The only option of the worker: the task queues that it serves. */
function queuesFrom(args: string[]): { WORKER_QUEUES?: string } {
  return withUsage(USAGE, () => {
    const { values } = parseArgs({ args, options: { queues: { type: 'string' } } });
    return values.queues ? { WORKER_QUEUES: values.queues } : {};
  });
}

async function worker(args: string[]): Promise<void> {
  const config = loadConfig('worker', { ...process.env, ...queuesFrom(args) });
  const { FORCE_AFTER_GRACE_MS, runWorker } = await import('#roles/worker/runWorker.ts');
  const limitMs = config.WORKER_SHUTDOWN_GRACE_MS + FORCE_AFTER_GRACE_MS + AFTER_WORK_MS;
  await runWorker(config, createLogger('worker', config.LOG_LEVEL), stopRequest({ limitMs }));
  await stopTracing();
}

async function migrateDatabase(): Promise<void> {
  const config = loadConfig('migrate');
  const { migrate } = await import('#kernel/database/migrate.ts');
  const { addressed } = await import('#kernel/database/address.ts');
  const url = config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL;
  await migrate(addressed({ ...config, DATABASE_URL: url }), console.log);
  console.log('the schema is up to date');
}

async function bundle([file]: string[]): Promise<void> {
  if (!file || file.startsWith('-')) throw new ConfigError('bundle needs the file to write to');
  const { writeWorkflowBundle } = await import('#kernel/temporal/workflowBundle.ts');
  await writeWorkflowBundle(file);
  console.log(`wrote ${file}`);
}

const ROLES: Roles = {
  api,
  worker,
  migrate: migrateDatabase,
  bundle,
  'trigger-workflow': async (args) =>
    (await import('#roles/cli/triggerWorkflow.ts')).triggerWorkflow(args),
  ops: async (args) => (await import('#roles/cli/ops.ts')).runOps(args),
};

await runRole(USAGE, ROLES, process.argv.slice(2));
