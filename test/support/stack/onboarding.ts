/** Everything a worker acts on, on loopback, and a client to start bootstraps with. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type pg from 'pg';
import { inject } from 'vitest';
import { createReleasers, type Releasers } from '#dev/embedded/releasers.ts';
import {
  type LoopbackCloudflare,
  startLoopbackCloudflare,
} from '#dev/loopback/loopbackCloudflare.ts';
import { type LoopbackDns, startLoopbackDns } from '#dev/loopback/loopbackDns.ts';
import { type LoopbackSmtp, startLoopbackSmtp } from '#dev/loopback/loopbackSmtp.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import type { ReceivedMail } from '#dev/loopback/receivedMail.ts';
import { createEventQueries, type EventQueries } from '#kernel/eventStore/eventQueries.ts';
import { withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import type { BootstrapTiming } from '#onboarding/contract/timing.ts';
import {
  type BootstrapState,
  bootstrapWorkflowId,
  ORGANIZATION_BOOTSTRAP,
  type OrganizationBootstrapParams,
  type OrganizationBootstrapResult,
} from '#onboarding/contract.ts';
import { type ReadModels, readModelsOf } from '#support/history/readModels.ts';
import { createTestDatabase, type TestDatabase } from '#support/servers/database.ts';
import { connectTestTemporal } from '#support/servers/testTemporal.ts';
import { useStarted } from './useStarted.ts';

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
  /** Where invitations, domains and single sign-on run. */
  usersTaskQueue: string;
  /** Environment of a worker on all of this. */
  workerEnv: Record<string, string>;
  /** Mails to this address so far, oldest first. */
  mailsTo(address: string): ReceivedMail[];
  /** Event types of a run so far, oldest first. */
  eventTypesOf(workflowId: string): Promise<string[]>;
  /** How many events the store has. */
  countEvents(): Promise<number>;
  /** Takes back every fault of the loopback servers. */
  heal(): void;
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

const usersQueueOf = (taskQueue: string): string => `users-${taskQueue}`;

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
    TEMPORAL_USERS_TASK_QUEUE: usersQueueOf(taskQueue),
    // A check would take the answer that a test has prepared for the work.
    PROVIDER_CHECK_INTERVAL_SECONDS: '0',
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
    CLOUDFLARE_PER_SECOND: '1000',
    SUPABASE_PER_SECOND: '1000',
    MAILS_PER_SECOND: '1000',
    FRONTEND_URL: 'https://app.example.com',
    INVITATION_TOKEN_SECRET: 'a secret of at least thirty-two characters',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(smtp.port),
    MAIL_FROM: 'no-reply@example.com',
    SUPPORT_EMAIL: SUPPORT,
  };
}

/** What stands beside API and workers, of the test file's own. @param env of the workers, too. */
export const useOnboarding = (env: Record<string, string> = {}): Onboarding =>
  useStarted(
    () => startOnboarding(env),
    (onboarding) => onboarding.stop(),
  );

/**
 * Starts the loopback servers and a database; no worker yet.
 * @param env settings of the workers, besides those that lead to what was started.
 */
export async function startOnboarding(env: Record<string, string> = {}): Promise<Onboarding> {
  const releasers = createReleasers();
  try {
    return await startParts(env, releasers);
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}

async function startParts(env: Record<string, string>, releasers: Releasers): Promise<Onboarding> {
  const started = async <T extends { stop(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    const { stop } = await part;
    releasers.push(stop);
    return part;
  };
  const database = await createTestDatabase();
  releasers.push(database.drop);
  const dns = await started(startLoopbackDns());
  const cloudflare = await started(
    startLoopbackCloudflare({ zoneName: ZONE, token: 'test-token', dns }),
  );
  const smtp = await started(startLoopbackSmtp());
  const supabase = await started(startLoopbackSupabase());
  const { client, connection } = connectTestTemporal();
  releasers.push(() => connection.close());
  const taskQueue = `bootstrap-${randomUUID()}`;
  const parts = { taskQueue, dns, cloudflare, smtp, supabase };
  const queries = createEventQueries(database.pool);
  return {
    ...parts,
    client,
    database,
    owner: database.owner,
    queries,
    readModels: readModelsOf(database.pool),
    usersTaskQueue: usersQueueOf(taskQueue),
    workerEnv: { ...workerEnvOf({ ...parts, databaseUrl: database.url }), ...env },
    mailsTo: (address) => smtp.mails.filter(({ to }) => to[0] === address),
    eventTypesOf: async (workflowId) =>
      (await queries.getEventsForWorkflow(workflowId)).map(({ eventType }) => eventType),
    async countEvents() {
      const { rows } = await database.owner.query('SELECT count(*)::int FROM domain_events');
      return rows[0].count;
    },
    heal() {
      smtp.clearFaults();
      cloudflare.clearFaults();
      supabase.sso.clearFaults();
      supabase.users.fault('none');
      for (const index of dns.resolvers.keys()) dns.fault(index, 'none');
    },
    stop: releasers.releaseAll,
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
  { client, taskQueue, usersTaskQueue, eventTypesOf }: Onboarding,
  overrides: Partial<Omit<OrganizationBootstrapParams, 'timing'>> & {
    timing?: Partial<BootstrapTiming>;
    slug?: string;
    withoutSubdomain?: boolean;
  } = {},
): Promise<StartedRun> {
  const { timing, withoutSubdomain, slug = `s${randomUUID().slice(0, 8)}`, ...params } = overrides;
  const orgId = randomUUID();
  const workflowId = bootstrapWorkflowId(orgId);
  const correlationId = `corr-${orgId}`;
  const input: OrganizationBootstrapParams = {
    organizationId: orgId,
    orgData: { name: `Organization ${slug}`, type: 'provider' },
    ...(!withoutSubdomain && { subdomain: slug }),
    users: sampleUsers(slug),
    invitations: { taskQueue: usersTaskQueue },
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
    eventTypes: () => eventTypesOf(workflowId),
  };
}
