/** `npm run ops -- <command>`: commands for operators on the event store and Temporal. */
import { parseArgs } from 'node:util';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { ConfigError, loadConfig } from '#config.ts';
import { databaseWords } from '#kernel/database/databaseWords.ts';
import {
  type HealthOutcome,
  loadHealthChecks,
  runHealthChecks,
  SEVERITIES,
} from '#kernel/database/healthChecks.ts';
import { createPool, endPool } from '#kernel/database/pool.ts';
import { createEventQueries } from '#kernel/eventStore/eventQueries.ts';
import { organizationId } from '#kernel/http/schemas.ts';
import { withUsage } from '#roles/commandLine.ts';
import { traceLineageOf } from '#roles/lineage.ts';
import { printRows, type Row } from './printRows.ts';
import { retry, skip } from './repairs.ts';

const USAGE = `usage: npm run ops -- <command> [options]

  health [<check>]     run sql/health; exits 0 when all is ok, 1 on warnings, 2 when critical;
                       with the name of a check, everything that it found; with --report exits 1
                       only when a check cannot run
  unprocessed          events that wait, with their errors
  retry                retry the blocked streams whose pause is over
  retry <id>           retry the stream of this event or aggregate now, parked or not
  skip <event id> --reason <why> --by <your name>
                       give up the projection of the event that blocks its stream; for the
                       schema's owner: DATABASE_URL="$MIGRATION_DATABASE_URL"
  bounced <Message-ID> [--reason permanent|transient|undetermined|suppressed]
                       record that an invitation's mail came back (for readers of DSN)
  cleanup              organizations whose bootstrap ended and left something, such as DNS
  cleanup --canary     the same of canaries, which clean up after themselves
  cleanup <org id> --reason <why>
                       remove what it left
  trace <org id>       organization -> events -> runs -> activities -> projections
  correlation <id>     every event of a correlation id
  waiting              open runs that wait for a provider or for our database, and for what
  versions             versions of the workers, which is current, and what runs on each
  versions set-current <deployment> <build id>
                       send new runs to this version; "unversioned" for workers without one

  --json               JSON instead of a table
  --help

Reads DATABASE_URL; waiting and versions read TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
TEMPORAL_API_KEY and TEMPORAL_TLS in its place, and cleanup reads them and TEMPORAL_TASK_QUEUE, too. Exits 1 when a command fails, and health as said above.
`;

/** Time limit for Temporal, in case it does not respond. */
const TEMPORAL_LIMIT_MS = 30_000;

const healthRow = ({ check, durationMs, result, error }: HealthOutcome): Row => ({
  check,
  severity: result?.severity ?? 'critical',
  value: result?.value ?? null,
  detail: result?.detail ?? `the check failed: ${error}`,
  duration_ms: Math.round(durationMs),
});

const SAMPLES = 3;

/** A detail that lists many things, cut for the table. */
function shortened(row: Row): Row {
  const items = String(row.detail).split(', ');
  const more = items.length - SAMPLES;
  if (more <= 0) return row;
  const samples = items.slice(0, SAMPLES).join(', ');
  return { ...row, detail: `${samples} and ${more} more: npm run ops -- health ${row.check}` };
}

const found = ({ check, severity, detail }: Row): Row[] =>
  String(detail)
    .split(', ')
    .map((item) => ({ check, severity, item }));

async function health(
  pool: Pool,
  json: boolean,
  [name]: string[],
  { report }: Options,
): Promise<void> {
  const checks = await loadHealthChecks();
  const wanted = name === undefined ? checks : checks.filter((check) => check.name === name);
  if (wanted.length === 0) {
    const names = checks.map((check) => check.name).join(', ');
    throw new ConfigError(`there is no check ${name}; there are ${names}`);
  }
  const outcomes = await runHealthChecks(pool, wanted);
  const rows = outcomes.map(healthRow);
  if (json) printRows(rows, true);
  else printRows(name === undefined ? rows.map(shortened) : rows.flatMap(found), false);
  const worst = Math.max(
    ...rows.map(({ severity }) => SEVERITIES.indexOf(severity as (typeof SEVERITIES)[number])),
  );
  process.exitCode = report ? Number(outcomes.some(({ error }) => error)) : worst;
}

async function trace(pool: Pool, json: boolean, [orgId]: string[]): Promise<void> {
  const isId = organizationId.safeParse(orgId).success;
  const lineage = isId && (await traceLineageOf(pool)(orgId!));
  if (!lineage) throw new ConfigError('trace needs the id of an organization that is there');
  if (json) console.log(JSON.stringify(lineage, null, 2));
  else {
    const { name, slug, status, subdomainStatus } = lineage.organization;
    console.log(`${name} (${slug}): ${status}, subdomain ${subdomainStatus ?? 'none'}`);
    for (const run of lineage.runs) {
      console.log(`${run.workflowId} ${run.runId ?? '(before the run)'}`);
      const events = run.activities.flatMap(({ activity, events: of }) =>
        of.map(({ eventType, createdAt }) => ({ activity, eventType, createdAt })),
      );
      printRows(events, false);
    }
  }
}

async function correlation(pool: Pool, json: boolean, [id]: string[]): Promise<void> {
  if (!id) throw new ConfigError('correlation needs a correlation id');
  const events = await createEventQueries(pool).getEventsByCorrelationId(id);
  const row = ({ createdAt, eventType, aggregateId, eventMetadata }: (typeof events)[number]) => ({
    createdAt,
    eventType,
    aggregateId,
    activity: eventMetadata.activity_id ?? null,
  });
  printRows(json ? (events as unknown as Row[]) : events.map(row), json);
}

interface Options {
  reason?: string | undefined;
  by?: string | undefined;
  canary?: boolean;
  /** What the checks find is no failure. */
  report?: boolean | undefined;
}

type Run = (json: boolean, args: string[], options: Options) => Promise<void>;

interface Command {
  run: Run;
  /** How many arguments it takes at most. */
  takes: number;
}

/** A command that uses the database. */
const onDatabase =
  (command: (pool: Pool, json: boolean, args: string[], options: Options) => Promise<void>): Run =>
  async (json, args, options) => {
    const pool = createPool(loadConfig('migrate'), 'a4c-ops');
    try {
      await pool.query('SELECT 1').catch((error) => {
        throw new ConfigError(`the database cannot be reached: ${databaseWords(error)}`);
      });
      await command(pool, json, args, options);
    } finally {
      await endPool(pool);
    }
  };

/** A command on Temporal. Only it loads the client, so that other commands start faster. */
const onTemporal =
  (command: (client: Client, json: boolean, args: string[]) => Promise<void>): Run =>
  async (json, args) => {
    const { connectTemporal } = await import('#kernel/temporal/connection.ts');
    const { client, connection } = connectTemporal(loadConfig('trigger'));
    try {
      const limit = Date.now() + TEMPORAL_LIMIT_MS;
      await client.withDeadline(limit, () => command(client, json, args));
    } finally {
      await connection.close();
    }
  };

const versions = onTemporal(async (...args) => (await import('./versions.ts')).versions(...args));

const waiting = onTemporal(async (client, json) => {
  const command = await import('./waiting.ts');
  await command.waiting(client, json);
});

/** Needs the database and Temporal, whose client only it loads. */
const cleanupCommand: Run = onDatabase(async (pool, json, args, options) => {
  const { cleanup } = await import('./cleanup.ts');
  await cleanup(pool, json, args, options);
});

const bouncedCommand: Run = onDatabase(async (...args) =>
  (await import('./bounced.ts')).bounced(...args),
);

const unprocessed = onDatabase(async (pool, json) =>
  printRows(await createEventQueries(pool).getUnprocessedEvents(), json),
);

const COMMANDS: Record<string, Command> = {
  health: { run: onDatabase(health), takes: 1 },
  unprocessed: { run: unprocessed, takes: 0 },
  retry: { run: onDatabase(retry), takes: 1 },
  skip: { run: onDatabase(skip), takes: 1 },
  cleanup: { run: cleanupCommand, takes: 1 },
  bounced: { run: bouncedCommand, takes: 1 },
  trace: { run: onDatabase(trace), takes: 1 },
  correlation: { run: onDatabase(correlation), takes: 1 },
  waiting: { run: waiting, takes: 0 },
  versions: { run: versions, takes: 3 },
};

function argumentsOf(args: string[]) {
  return withUsage(USAGE, () =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        reason: { type: 'string' },
        by: { type: 'string' },
        canary: { type: 'boolean', default: false },
        report: { type: 'boolean' },
      },
    }),
  );
}

export async function runOps(args: string[]): Promise<void> {
  const { values, positionals } = argumentsOf(args);
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [name = '', ...rest] = positionals;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command)
    throw new ConfigError(`${name ? `unknown command ${name}` : 'no command given'}\n\n${USAGE}`);
  if (rest.length > command.takes) {
    throw new ConfigError(
      `${name} does not take ${rest.slice(command.takes).join(' ')}\n\n${USAGE}`,
    );
  }
  const { json, ...options } = values;
  await command.run(json, rest, options);
}
