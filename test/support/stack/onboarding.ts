/** Everything a worker acts on, on loopback, and a client to start bootstraps with. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { inject } from 'vitest';
import {
  type LoopbackCloudflare,
  startLoopbackCloudflare,
} from '#dev/loopback/loopbackCloudflare.ts';
import { type LoopbackDns, startLoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { type LoopbackSmtp, startLoopbackSmtp } from '#dev/loopback/loopbackSmtp.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { createEventQueries, type EventQueries } from '#kernel/eventStore/eventQueries.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import {
  type BootstrapState,
  type BootstrapTiming,
  bootstrapWorkflowId,
  ORGANIZATION_BOOTSTRAP,
  type OrganizationBootstrapParams,
  type OrganizationBootstrapResult,
} from '#onboarding/contract.ts';
import { type ReadModels, readModelsOf } from '#support/history/readModels.ts';
import { createTestDatabase, type TestDatabase } from '#support/servers/database.ts';

export const ZONE = 'example.com';
const DNS_TARGET = 'app.example.net';
export const SUPPORT = 'support@example.com';

/** Fractions of a second where production waits minutes. */
export const FAST: BootstrapTiming = {
  propagationWaitMs: 20,
  verificationLimitMs: 300,
  verificationBackoffMs: [50],
  personWaitMs: 60_000,
  retryInitialMs: 50,
  heartbeatTimeoutMs: 2_000,
  compensationLimitMs: 10_000,
};

export interface Onboarding {
  client: Client;
  database: TestDatabase;
  /** Connections of the schema's owner: to arrange what the application may not. */
  owner: pg.Pool;
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  smtp: LoopbackSmtp;
  /** Accounts are made here; the API's own tokens come from another one. */
  supabase: LoopbackSupabase;
  queries: EventQueries;
  readModels: ReadModels;
  taskQueue: string;
  /** Environment of a worker on all of this. */
  workerEnv: Record<string, string>;
  stop(): Promise<void>;
}

export interface StartedRun {
  orgId: string;
  slug: string;
  fqdn: string;
  workflowId: string;
  correlationId: string;
  handle: WorkflowHandle<() => Promise<OrganizationBootstrapResult>>;
  state(): Promise<BootstrapState>;
  /** Event types so far, oldest first. */
  eventTypes(): Promise<string[]>;
}

function workerEnvOf(resources: {
  taskQueue: string;
  databaseUrl: string;
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  smtp: LoopbackSmtp;
  supabase: LoopbackSupabase;
}): Record<string, string> {
  const { taskQueue, databaseUrl, dns, cloudflare, smtp, supabase } = resources;
  return {
    LOG_LEVEL: 'silent',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_TASK_QUEUE: taskQueue,
    TEMPORAL_USERS_TASK_QUEUE: `users-${taskQueue}`,
    SUPABASE_URL: supabase.url,
    SUPABASE_SERVICE_ROLE_KEY: supabase.serviceRoleKey,
    PUBLIC_API_URL: 'http://127.0.0.1:1',
    SSO_ALLOW_LOOPBACK: 'true',
    WORKER_BUNDLE_PATH: inject('workflowBundlePath'),
    WORKER_SHUTDOWN_GRACE_SECONDS: '5',
    HEALTH_CHECK_PORT: '0',
    PLATFORM_BASE_DOMAIN: ZONE,
    CLOUDFLARE_API_TOKEN: cloudflare.token,
    CLOUDFLARE_API_BASE_URL: cloudflare.url,
    DNS_TARGET,
    DNS_PROXIED: 'true',
    DNS_RESOLVERS: dns.resolvers.join(','),
    DNS_RESOLVER_TIMEOUT_SECONDS: '1',
    FRONTEND_URL: 'https://app.example.com',
    INVITATION_TOKEN_SECRET: 'a secret of at least thirty-two characters',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(smtp.port),
    MAIL_FROM: 'no-reply@example.com',
    SUPPORT_EMAIL: SUPPORT,
  };
}

/** Starts the loopback servers and a database; no worker yet. */
export async function startOnboarding(): Promise<Onboarding> {
  const database = await createTestDatabase();
  const dns = await startLoopbackDns();
  const cloudflare = await startLoopbackCloudflare({ zoneName: ZONE, token: 'test-token', dns });
  const smtp = await startLoopbackSmtp();
  const supabase = await startLoopbackSupabase();
  const owner = new pg.Pool({ connectionString: database.ownerUrl });
  owner.on('error', () => {
    // The database is dropped under it at the end.
  });
  const taskQueue = `bootstrap-${randomUUID()}`;
  const workerEnv = workerEnvOf({
    taskQueue,
    databaseUrl: database.url,
    dns,
    cloudflare,
    smtp,
    supabase,
  });
  const { client, connection } = connectTemporal({
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: false,
  });
  return {
    client,
    database,
    owner,
    dns,
    cloudflare,
    smtp,
    supabase,
    queries: createEventQueries(database.pool),
    readModels: readModelsOf(database.pool),
    taskQueue,
    workerEnv,
    async stop() {
      await connection.close();
      await Promise.all([smtp.stop(), supabase.stop(), cloudflare.stop(), dns.stop(), owner.end()]);
      await database.drop();
    },
  };
}

export const sampleUsers = (slug: string, count = 3) =>
  Array.from({ length: count }, (_, index) => ({
    email: `user${index + 1}@${slug}.example.org`,
    firstName: 'User',
    lastName: `Number ${index + 1}`,
    role: 'provider_admin',
  }));

/** Starts one bootstrap, as the API does, under a correlation id of its own. */
export async function startBootstrap(
  { client, taskQueue, queries }: Onboarding,
  overrides: Partial<Omit<OrganizationBootstrapParams, 'timing'>> & {
    timing?: Partial<BootstrapTiming>;
    slug?: string;
  } = {},
): Promise<StartedRun> {
  const { timing, slug = `s${randomUUID().slice(0, 8)}`, ...params } = overrides;
  const orgId = randomUUID();
  const workflowId = bootstrapWorkflowId(orgId);
  const correlationId = `corr-${orgId}`;
  const input: OrganizationBootstrapParams = {
    organizationId: orgId,
    orgData: { name: `Organization ${slug}`, type: 'provider' },
    subdomain: slug,
    users: sampleUsers(slug),
    invitations: { taskQueue: `users-${taskQueue}` },
    origin: { requestedAt: new Date().toISOString(), source: 'test', requestedBy: randomUUID() },
    timing: { ...FAST, ...timing },
    ...params,
  };
  const handle = await withCorrelationId(correlationId, () =>
    client.workflow.start<
      (input: OrganizationBootstrapParams) => Promise<OrganizationBootstrapResult>
    >(ORGANIZATION_BOOTSTRAP, { taskQueue, workflowId, args: [input] }),
  );
  return {
    orgId,
    slug,
    fqdn: `${slug}.${ZONE}`,
    workflowId,
    correlationId,
    handle: handle as StartedRun['handle'],
    state: () => handle.query<BootstrapState>(QUERY_GET_STATE),
    eventTypes: async () =>
      (await queries.getEventsForWorkflow(workflowId)).map((event) => event.eventType),
  };
}
