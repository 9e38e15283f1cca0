/** A stack in which everything that the pages look for is there: runs that wait, retry, were terminated. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { type MonitoredStack, startMonitoredStack } from '#dashboards/check/monitoredStack.ts';
import { type ApiClient, createApiClient } from '#dev/demo/apiClient.ts';
import { sampleOrganization } from '#dev/demo/sampleOrganization.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import type { Stack } from '#dev/embedded/stack.ts';
import { ZONE } from '#dev/embedded/stackEnv.ts';
import type { PrometheusTools } from '#dev/tools/prometheusTools.ts';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import { DEPLOYMENT, LIMIT, makeCurrent } from './versions.ts';

export interface Scene {
  monitored: MonitoredStack;
  /** As whom statements are run. */
  pools: Record<'application' | 'owner', pg.Pool>;
  /** What stands for each placeholder; the first that fits a line is taken. */
  placeholders: [written: string, value: string][];
  /** The environment of commands, without PATH. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const BUILD_ID = 'v1.1.0';
/** Longer than anybody waits in the test. */
const MANY_FAULTS = 500;
const BAD_GATEWAY = 502;
const START = '/api/v1/workflows/organization-bootstrap';
/** A replication slot that nobody reads. */
const SLOT = 'forgotten';
const SETTINGS = {
  WORKER_DEPLOYMENT_NAME: DEPLOYMENT,
  BUILD_REVISION: BUILD_ID,
  DNS_VERIFICATION_LIMIT_SECONDS: '1',
  RECONCILE_INTERVAL_SECONDS: '1',
  HEALTH_INTERVAL_SECONDS: '2',
};
/** Everything that an operator's token may carry. */
const OPERATOR = {
  sub: randomUUID(),
  permissions: ['organization.create_root', 'organization.delete', 'platform.admin'].map((p) => ({
    p,
    s: '',
  })),
};

interface Run {
  organizationId: string;
  workflowId: string;
}

/** What the scene is made with. */
interface Makers {
  stack: Stack;
  api: ApiClient;
  temporal: Client;
  admin: pg.Pool;
}

const begin = (api: ApiClient, subdomain: string): Promise<Run> =>
  api.post<Run>(START, { ...sampleOrganization(), subdomain });

const stateOf = async (temporal: Client, { workflowId }: Run): Promise<string> =>
  JSON.stringify(await temporal.workflow.getHandle(workflowId).query('getState'));

/** A run that nobody's resolvers help on, so that it waits for a person. */
async function waiting({ stack, api, temporal }: Makers, subdomain: string): Promise<Run> {
  stack.dns.hold(`${subdomain}.${ZONE}`, true);
  const run = await begin(api, subdomain);
  await vi.waitFor(
    async () => expect(await stateOf(temporal, run)).toContain('"waitingForPerson":true'),
    LIMIT,
  );
  return run;
}

/** A run whose activity fails at Cloudflare again and again. @returns the activity's id, too. */
async function retrying({ stack, api, temporal }: Makers, subdomain: string) {
  for (let count = 0; count < MANY_FAULTS; count++) {
    stack.cloudflare.fail({ status: BAD_GATEWAY, name: `${subdomain}.${ZONE}` });
  }
  const run = await begin(api, subdomain);
  const pending = async () =>
    (await temporal.workflow.getHandle(run.workflowId).describe()).raw.pendingActivities ?? [];
  await vi.waitFor(async () => expect((await pending())[0]?.attempt).toBeGreaterThan(1), LIMIT);
  return { ...run, activityId: (await pending())[0]!.activityId! };
}

/** A run that was terminated, so that its DNS record is left. */
async function terminated(makers: Makers, subdomain: string): Promise<Run> {
  const run = await waiting(makers, subdomain);
  await makers.temporal.workflow.getHandle(run.workflowId).terminate('for the runbooks');
  const status = async () =>
    (await makers.api.get<{ status: string }>(`/api/v1/workflows/${run.workflowId}`)).status;
  await vi.waitFor(async () => expect(await status()).toBe('failed'), LIMIT);
  return run;
}

/** The API makes them once it leads. */
const firstSchedule = (temporal: Client): Promise<string> =>
  vi.waitFor(async () => {
    for await (const { scheduleId } of temporal.schedule.list()) return scheduleId;
    throw new Error('no schedule is there');
  }, LIMIT);

/** An event that cannot be projected, and blocks its stream. */
async function blockedEvent(admin: pg.Pool): Promise<string> {
  const id = randomUUID();
  await admin.query(`SELECT append_event($1, 'user.invited', 'invitation', $2, '{}', '{}')`, [
    id,
    randomUUID(),
  ]);
  return id;
}

/** The owner of the schema as hosted databases have him: no superuser. @returns his connection string. */
async function createOwner(admin: pg.Pool, adminUrl: string): Promise<string> {
  const owner = new URL(adminUrl);
  owner.username = 'runbook_owner';
  await admin.query(
    `CREATE ROLE runbook_owner LOGIN CREATEROLE REPLICATION PASSWORD '${owner.password}'
       IN ROLE ${new URL(adminUrl).username}, pg_monitor, pg_signal_backend`,
  );
  // The login of production, as docs/operations.md makes it.
  await admin.query(`CREATE ROLE a4c_login LOGIN IN ROLE a4c_app`);
  await admin.query(`GRANT a4c_login TO runbook_owner WITH ADMIN OPTION`);
  return owner.href;
}

/** Brings it all about. @throws Error of what did not start. */
export async function startScene(tools: PrometheusTools): Promise<Scene> {
  const releasers = createReleasers();
  try {
    const monitored = await startMonitoredStack(tools, {
      settings: SETTINGS,
      warmUp: (_, { env }) => makeCurrent(env.TEMPORAL_ADDRESS!, BUILD_ID),
    });
    releasers.push(monitored.stop);
    const { stack, apiUrl } = monitored;
    const pool = (url: string) => {
      const made = new pg.Pool({ connectionString: url, max: 4 });
      made.on('error', () => {
        // A session that a runbook has ended.
      });
      releasers.push(() => made.end());
      return made;
    };
    const adminUrl = stack.env.MIGRATION_DATABASE_URL!;
    const admin = pool(adminUrl);
    const ownerUrl = await createOwner(admin, adminUrl);
    const connection = await Connection.connect({ address: stack.env.TEMPORAL_ADDRESS! });
    releasers.push(() => connection.close());
    const token = await stack.supabase.issueToken(OPERATOR);
    const api = createApiClient(apiUrl, token);
    const makers: Makers = { stack, api, temporal: new Client({ connection }), admin };
    const [held, retried, ended] = await Promise.all([
      waiting(makers, 'held'),
      retrying(makers, 'retried'),
      terminated(makers, 'ended'),
    ]);
    await admin.query('SELECT pg_create_physical_replication_slot($1, true)', [SLOT]);
    const event = await blockedEvent(admin);
    const schedule = await firstSchedule(makers.temporal);
    const pools = { application: pool(stack.env.DATABASE_URL!), owner: pool(ownerUrl) };
    const request = path.join(stack.folder, 'request.json');
    await writeFile(request, JSON.stringify(sampleOrganization()));
    const session = await pool(stack.env.DATABASE_URL!).connect();
    session.on('error', () => {
      // It is ended by the line about it.
    });
    const { rows } = await session.query('SELECT pg_backend_pid() AS pid');
    releasers.push(async () => session.release(true));
    return {
      monitored,
      pools,
      placeholders: [
        ['cleanup <org id>', `cleanup ${ended.organizationId}`],
        ['reset --workflow-id org-bootstrap-<org id>', `reset --workflow-id ${retried.workflowId}`],
        ['<activity id>', retried.activityId],
        ['<org id>', held.organizationId],
        ['<event id>', event],
        ['<user id>', randomUUID()],
        ['<slot>', SLOT],
        ['<schedule>', schedule],
        ['<table>', 'domain_events'],
        ['<attribute>', SEARCH_ATTRIBUTES[0]!],
        ['https://<address>', monitored.edge.url],
        ['<pid>', String(rows[0].pid)],
        ['<build id>', BUILD_ID],
        ['<queue>', 'bootstrap'],
        ['<worker>:9090', `127.0.0.1:${stack.env.HEALTH_CHECK_PORT}`],
        ['<instance>', `127.0.0.1:${stack.env.PORT}`],
        ['<why>', 'a line of a runbook'],
        ['<your name>', 'a test'],
        ['request.json', request],
      ],
      env: {
        ...stack.env,
        MIGRATION_DATABASE_URL: ownerUrl,
        API_URL: apiUrl,
        API_TOKEN: token,
        PROMETHEUS_URL: monitored.prometheusUrl,
        ALERTMANAGER_URL: monitored.alertmanagerUrl,
        CURL_CA_BUNDLE: monitored.edge.certificateFile,
        OLD: BUILD_ID,
        NEW: BUILD_ID,
      },
      stop: releasers.releaseAll,
    };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}
