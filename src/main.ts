/** The entry point of all roles: `node src/main.ts <role>`. */
import { parseArgs } from 'node:util';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { stopTracing } from '#kernel/telemetry/tracing/tracing.ts';
import { withUsage } from '#roles/commandLine.ts';
import { type Roles, runRole } from '#roles/runRole.ts';
import { stopRequest } from '#roles/stopRequest.ts';
import { ConfigError, loadConfig } from './config.ts';

const SETTINGS = 'Settings are environment variables; docs/settings.md lists them.';

const USAGE = `usage: node src/main.ts <role> [options]

  api               HTTP API and reconciler (npm run api)
  worker            Temporal worker (npm run worker); --queues=bootstrap,users tells which
                    task queues it serves, both by default
  migrate           bring the database's schema up to date (npm run migrate)
  bundle <file>     write the workflow bundle for WORKER_BUNDLE_PATH
  trigger-workflow  start one bootstrap from a file (npm run trigger-workflow)
  ops <command>     health checks, waiting events, lineage (npm run ops -- --help)

${SETTINGS} <role> --help tells its options.
`;

/** Usages of the roles that have hardly any option. */
const USAGES = {
  api: `usage: npm run api\n\nThe HTTP API and the reconciler, until SIGTERM. ${SETTINGS}\n`,
  worker: `usage: npm run worker -- [--queues=bootstrap,users]

The Temporal worker, until SIGTERM. --queues tells which task queues it serves, both by default.
${SETTINGS}
`,
  migrate: `usage: npm run migrate [-- --dry-run]

Brings the database's schema up to date, and ends. --dry-run applies nothing and lists what would be
applied. ${SETTINGS}
`,
  bundle:
    'usage: node src/main.ts bundle <file>\n\nWrites the workflow bundle for WORKER_BUNDLE_PATH.\n',
};

const QUEUES = { queues: { type: 'string' } } as const;
const DRY_RUN = { 'dry-run': { type: 'boolean' } } as const;

/**
 * Reads a role's arguments, before any setting is read. Prints the usage when it is asked for.
 * @returns undefined then. @throws ConfigError with the usage for arguments that it does not take.
 */
function argumentsOf(role: keyof typeof USAGES, args: string[]) {
  const usage = USAGES[role];
  const { values, positionals } = withUsage(usage, () =>
    parseArgs({
      args,
      options: {
        help: { type: 'boolean', short: 'h' },
        ...(role === 'worker' && QUEUES),
        ...(role === 'migrate' && DRY_RUN),
      },
      allowPositionals: role === 'bundle',
    }),
  );
  const queues = typeof values.queues === 'string' ? values.queues : undefined;
  if (!values.help) return { queues, file: positionals[0], isDryRun: values['dry-run'] === true };
  console.log(usage);
  return undefined;
}

/**
 * For closing connections and exporting spans. A process that was told to stop then ends whatever holds
 * it, before the pods' terminationGracePeriodSeconds.
 */
const AFTER_WORK_MS = 8_000;

async function api(args: string[]): Promise<void> {
  if (!argumentsOf('api', args)) return;
  const config = loadConfig('api');
  const { runApi } = await import('#roles/api/runApi.ts');
  const limitMs = config.REQUEST_TIMEOUT_MS + AFTER_WORK_MS;
  await runApi(config, createLogger('api', config.LOG_LEVEL), stopRequest({ limitMs }));
  await stopTracing();
}

async function worker(args: string[]): Promise<void> {
  const given = argumentsOf('worker', args);
  if (!given) return;
  const { queues } = given;
  const config = loadConfig('worker', { ...process.env, ...(queues && { WORKER_QUEUES: queues }) });
  const { FORCE_AFTER_GRACE_MS, runWorker } = await import('#roles/worker/runWorker.ts');
  const limitMs = config.WORKER_SHUTDOWN_GRACE_MS + FORCE_AFTER_GRACE_MS + AFTER_WORK_MS;
  await runWorker(config, createLogger('worker', config.LOG_LEVEL), stopRequest({ limitMs }));
  await stopTracing();
}

async function migrateDatabase(args: string[]): Promise<void> {
  const given = argumentsOf('migrate', args);
  if (!given) return;
  const config = loadConfig('migrate');
  const { migrate, pendingMigrations } = await import('#kernel/database/migrate.ts');
  const { addressed } = await import('#kernel/database/address.ts');
  const url = addressed({
    ...config,
    DATABASE_URL: config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL,
  });
  if (given.isDryRun) {
    const pending = await pendingMigrations(url);
    console.log(pending.map((one) => `pending: ${one}`).join('\n') || 'the schema is up to date');
    return;
  }
  await migrate(url, console.log);
  console.log('the schema is up to date');
}

async function bundle(args: string[]): Promise<void> {
  const given = argumentsOf('bundle', args);
  if (!given) return;
  const { file } = given;
  if (!file) throw new ConfigError('bundle needs the file to write to');
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
