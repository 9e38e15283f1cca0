/**
 * Everything that API and worker need, embedded: PostgreSQL, Temporal, DNS, Cloudflare, SMTP
 * and Supabase, on free ports of 127.0.0.1 and in a folder of their own, so that two stacks
 * never meet.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import getPort from 'get-port';
import pg from 'pg';
import { migrate } from '#store/migrate.ts';
import { cachedWorkflowBundle } from '#workflowBundle';
import { type LoopbackCloudflare, startLoopbackCloudflare } from './loopbackCloudflare.ts';
import { type LoopbackDns, startLoopbackDns } from './loopbackDns.ts';
import { type LoopbackSmtp, startLoopbackSmtp } from './loopbackSmtp.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from './loopbackSupabase.ts';
import { startPostgres } from './postgres.ts';
import { type Reaper, startReaper } from './startReaper.ts';
import { startTemporal } from './temporal.ts';
import { resolveTemporalCli } from './temporalCli.ts';

export interface StackOptions {
  /** Where caches and the stack's own folder go. */
  cacheFolder: string;
  /** TEMPORAL_CLI. */
  temporalCli?: string | undefined;
  log: (message: string) => void;
}

export interface Stack {
  folder: string;
  /** Environment that points API and worker at the stack. */
  env: Record<string, string>;
  /** What a person may want to look at. */
  addresses: Record<string, string>;
  temporalUiUrl: string;
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  smtp: LoopbackSmtp;
  supabase: LoopbackSupabase;
  reaper: Reaper;
  /** Runs `release` before the stack's own parts are stopped. */
  onStop(release: () => Promise<void>): void;
  stop(): Promise<void>;
}

export const STACK_ZONE = 'a4c.example';
const DNS_TARGET = 'app.a4c-platform.example';
const HOST = '127.0.0.1';
const DATABASE = 'a4c';
const APP_LOGIN = 'a4c_app_login';

/** Waits of seconds where production waits minutes. */
const TIMING = {
  DNS_PROPAGATION_WAIT_SECONDS: '1',
  DNS_VERIFICATION_LIMIT_SECONDS: '30',
  DNS_VERIFICATION_BACKOFF_SECONDS: '0.5,1,2',
  ACTIVITY_RETRY_INITIAL_SECONDS: '1',
  RECONCILE_INTERVAL_SECONDS: '5',
  RECONCILE_AFTER_SECONDS: '5',
};

type Releases = (() => Promise<void>)[];

/** A migrated database, with a login that is the application's and nothing more. */
async function startDatabase(
  folder: string,
  reaper: Reaper,
  releases: Releases,
  log: StackOptions['log'],
) {
  const server = await startPostgres({ dataDir: path.join(folder, 'postgres'), log });
  reaper.watch(server.pid, 'SIGINT');
  releases.push(async () => {
    await server.stop();
    reaper.forget(server.pid);
  });
  const password = randomBytes(18).toString('base64url');
  const url = new URL(server.adminUrl);
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
  url.pathname = `/${DATABASE}`;
  const ownerUrl = url.href;
  await migrate(ownerUrl);
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(`CREATE ROLE ${APP_LOGIN} LOGIN PASSWORD '${password}' IN ROLE a4c_app`);
  await owner.end();
  url.username = APP_LOGIN;
  url.password = password;
  log('PostgreSQL is ready, the schema is up to date');
  return { ownerUrl, appUrl: url.href };
}

async function startWorkflowServer(
  folder: string,
  reaper: Reaper,
  releases: Releases,
  options: StackOptions,
) {
  const cli = await resolveTemporalCli({
    explicit: options.temporalCli,
    cacheFolder: options.cacheFolder,
    log: options.log,
  });
  const [port, uiPort] = [
    await getPort({ host: HOST, port: 7233 }),
    await getPort({ host: HOST, port: 8233 }),
  ];
  const server = await startTemporal({
    cli,
    port,
    uiPort,
    logFile: path.join(folder, 'temporal.log'),
  });
  reaper.watch(server.pid, 'SIGTERM');
  releases.push(async () => {
    await server.stop();
    reaper.forget(server.pid);
  });
  options.log(`Temporal is ready on ${server.address}`);
  return server;
}

async function startLoopbacks(releases: Releases) {
  const dns = await startLoopbackDns();
  const token = randomBytes(18).toString('base64url');
  const [cloudflare, smtp, supabase] = await Promise.all([
    startLoopbackCloudflare({ zoneName: STACK_ZONE, token, dns }),
    startLoopbackSmtp(),
    startLoopbackSupabase(),
  ]);
  releases.push(async () => {
    await Promise.all([cloudflare.stop(), smtp.stop(), supabase.stop(), dns.stop()]);
  });
  return { dns, cloudflare, smtp, supabase };
}

type Loopbacks = Awaited<ReturnType<typeof startLoopbacks>>;

const providerEnv = ({ dns, cloudflare, smtp, supabase }: Loopbacks): Record<string, string> => ({
  SUPABASE_URL: supabase.url,
  PLATFORM_BASE_DOMAIN: STACK_ZONE,
  CLOUDFLARE_API_TOKEN: cloudflare.token,
  CLOUDFLARE_API_BASE_URL: cloudflare.url,
  DNS_TARGET,
  DNS_RESOLVERS: dns.resolvers.join(','),
  FRONTEND_URL: `https://app.${STACK_ZONE}`,
  INVITATION_TOKEN_SECRET: randomBytes(32).toString('base64url'),
  SMTP_HOST: HOST,
  SMTP_PORT: String(smtp.port),
  MAIL_FROM: `A4C <no-reply@${STACK_ZONE}>`,
  SUPPORT_EMAIL: `support@${STACK_ZONE}`,
});

/** Starts the parts side by side; when one fails, those that had started are stopped again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await mkdir(options.cacheFolder, { recursive: true });
  const folder = await mkdtemp(path.join(options.cacheFolder, 'stack-'));
  const reaper = startReaper();
  reaper.remove(folder);
  const releases: Releases = [() => reaper.finish()];
  const stop = async () => {
    for (const release of releases.splice(0).reverse()) await release();
  };
  const parts = await Promise.allSettled([
    startDatabase(folder, reaper, releases, options.log),
    startWorkflowServer(folder, reaper, releases, options),
    startLoopbacks(releases),
    cachedWorkflowBundle(options.cacheFolder),
  ]);
  const [database, temporal, loopbacks, bundle] = parts;
  if (
    database.status === 'rejected' ||
    temporal.status === 'rejected' ||
    loopbacks.status === 'rejected' ||
    bundle.status === 'rejected'
  ) {
    await stop();
    throw parts.find((part) => part.status === 'rejected')!.reason;
  }
  const { smtp, cloudflare, dns } = loopbacks.value;
  return {
    ...loopbacks.value,
    folder,
    reaper,
    temporalUiUrl: temporal.value.uiUrl!,
    env: {
      ...TIMING,
      ...providerEnv(loopbacks.value),
      DATABASE_URL: database.value.appUrl,
      MIGRATION_DATABASE_URL: database.value.ownerUrl,
      TEMPORAL_ADDRESS: temporal.value.address,
      WORKER_BUNDLE_PATH: bundle.value,
    },
    addresses: {
      'Temporal Web UI': temporal.value.uiUrl!,
      Temporal: temporal.value.address,
      PostgreSQL: database.value.ownerUrl,
      Mailbox: smtp.mailboxUrl,
      SMTP: `${HOST}:${smtp.port}`,
      'Cloudflare API': cloudflare.url,
      DNS: dns.resolvers.join(', '),
    },
    onStop: (release) => void releases.push(release),
    stop,
  };
}
