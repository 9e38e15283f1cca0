/** The entry point of every role: `node src/main.ts <role>`. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '#config';
import { stopRequest } from '#stopRequest';
import { createLogger } from '#telemetry/logger.ts';
import { stopTracing } from '#telemetry/tracing.ts';

/** The production image has none of it. */
const HAS_DEV = existsSync(new URL('./dev', import.meta.url));
const DEV_USAGE = `
  dev               embedded stack, API and worker, until Ctrl-C (npm run dev)
  loopbacks         the outer services, on loopback, for compose.yaml
  demo              the same as dev, bootstraps a sample organization and ends (npm run demo)`;

const USAGE = `usage: node src/main.ts <role> [options]

  api               HTTP API and reconciler (npm run api)
  worker            Temporal worker (npm run worker); --queues=bootstrap,users tells which
                    task queues it serves, both by default
  migrate           bring the database's schema up to date (npm run migrate)
  bundle <file>     write the workflow bundle for WORKER_BUNDLE_PATH
  trigger-workflow  start one bootstrap from a file (npm run trigger-workflow)
  ops <command>     health checks, waiting events, lineage (npm run ops -- --help)${HAS_DEV ? DEV_USAGE : ''}

Settings are environment variables; docs/settings.md lists them. <role> --help tells its options.
`;

async function api(): Promise<void> {
  const config = loadConfig('api');
  const { runApi } = await import('#api/runApi.ts');
  await runApi(config, createLogger('api', config.LOG_LEVEL), stopRequest());
  await stopTracing();
}

/** The worker's one option: which task queues it serves. */
function queuesFrom(args: string[]): { WORKER_QUEUES?: string } {
  try {
    const { values } = parseArgs({ args, options: { queues: { type: 'string' } } });
    return values.queues ? { WORKER_QUEUES: values.queues } : {};
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

async function worker(args: string[]): Promise<void> {
  const config = loadConfig('worker', { ...process.env, ...queuesFrom(args) });
  const { runWorker } = await import('#worker');
  await runWorker(config, createLogger('worker', config.LOG_LEVEL), stopRequest());
  await stopTracing();
}

async function migrateDatabase(): Promise<void> {
  const config = loadConfig('migrate');
  const { migrate } = await import('#store/migrate.ts');
  await migrate(config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL, console.log);
  console.log('the schema is up to date');
}

async function bundle([file]: string[]): Promise<void> {
  if (!file || file.startsWith('-')) throw new ConfigError('bundle needs the file to write to');
  const { writeWorkflowBundle } = await import('#workflowBundle');
  await writeWorkflowBundle(file);
  console.log(`wrote ${file}`);
}

type Roles = Record<string, (args: string[]) => Promise<void>>;

const DEV_ROLES: Roles = {
  dev: async (args) => (await import('#dev/dev.ts')).runDev(args),
  loopbacks: async (args) => (await import('#dev/loopbacks.ts')).runLoopbacks(args),
  demo: async (args) => (await import('#dev/demo.ts')).runDemo(args),
};

const ROLES: Roles = {
  api,
  worker,
  migrate: migrateDatabase,
  bundle,
  'trigger-workflow': async (args) =>
    (await import('#ops/triggerWorkflow.ts')).triggerWorkflow(args),
  ops: async (args) => (await import('#ops/ops.ts')).runOps(args),
  ...(HAS_DEV ? DEV_ROLES : {}),
};

async function main([role = '', ...args]: string[]): Promise<void> {
  if (role === '--help' || role === '-h') {
    console.log(USAGE);
    return;
  }
  const run = ROLES[role];
  if (!run) throw new ConfigError(`${role ? `unknown role ${role}` : 'no role given'}\n\n${USAGE}`);
  await run(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // What the operator can change is said plainly; anything else keeps its stack.
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
