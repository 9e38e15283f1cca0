/**
 * Where faults are injected: the embedded stack with API and worker, everything that is lost with a
 * process kept in files, and a proxy in every connection.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import { ownerPool } from '#dev/embedded/connections.ts';
import { createProcesses, type RoleName } from '#dev/embedded/processes.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { type BoundedStops, createBoundedStops } from './boundedStops.ts';
import { type Links, startLinks } from './links.ts';
import { keepRoles } from './roles.ts';
import { postgresOf, temporalOf } from './servers.ts';

/** Seconds where production waits for minutes; the limits of patience stay those of production. */
const SETTINGS = {
  DNS_PROPAGATION_WAIT_SECONDS: '0',
  RECONCILE_INTERVAL_SECONDS: '2',
  RECONCILE_AFTER_SECONDS: '3',
  SMTP_GREETING_TIMEOUT_SECONDS: '10',
  SMTP_COMMAND_TIMEOUT_SECONDS: '10',
  SMTP_DATA_TIMEOUT_SECONDS: '20',
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
  INVITATION_RESEND_PAUSE_SECONDS: '1',
  LOG_LEVEL: 'warn',
};

const ADMIN = {
  sub: randomUUID(),
  permissions: [{ p: 'platform.admin', s: '' }],
};

const READY_LIMIT_MS = 30_000;
const POLL_MS = 200;

export type Part = RoleName | 'postgres' | 'temporal';

export interface Arena {
  stack: Stack;
  links: Links;
  /** Straight to the database, as its owner. */
  owner: pg.Pool;
  /** Straight to Temporal. */
  temporal: Client;
  apiUrl: string;
  /** A token of a platform administrator that is valid now. @param claims besides the needed ones. */
  token(claims?: { email: string }): Promise<string>;
  /** Process ids of a part. */
  pidOf(part: Part): Promise<number>;
  /** SIGKILL; it stays away until `revive`. */
  kill(part: Part): Promise<void>;
  /**
   * Starts a part again that was killed. A role is waited for until it is ready, but not for ever.
   * @param settings of a role, besides its own. @param logFile where the role's output goes.
   */
  revive(part: Part, settings?: Record<string, string>, logFile?: string): Promise<void>;
  /** Resolves when API and worker are ready, or cannot be yet because something else is broken. */
  ready(): Promise<void>;
  /** Roles that ended although nobody had killed them, since the last call. */
  takeDeaths(): RoleName[];
  /** Stops every part, each within a limit. @returns in words, which did not. */
  stop(): Promise<string[]>;
}

export async function startArena(log: (line: string) => void): Promise<Arena> {
  const stops = createBoundedStops();
  try {
    return await startParts(log, stops);
  } catch (error) {
    await stops.stopAll();
    throw error;
  }
}

/** Straight to the servers, for the checker. */
function connectTo(stack: Stack, stops: BoundedStops) {
  const owner = ownerPool(stack.env);
  stops.push('the connections to PostgreSQL', () => owner.end());
  const connection = Connection.lazy({ address: stack.temporal.address });
  stops.push('the connection to Temporal', () => connection.close());
  return { owner, temporal: new Client({ connection }) };
}

async function untilReady({ PORT, HEALTH_CHECK_PORT }: Stack['env']): Promise<void> {
  const signal = AbortSignal.timeout(READY_LIMIT_MS);
  for (const port of [PORT, HEALTH_CHECK_PORT]) {
    const isReady = () =>
      fetch(`http://127.0.0.1:${port}/ready`, { signal }).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!signal.aborted && !(await isReady())) await delay(POLL_MS);
  }
}

async function startParts(log: (line: string) => void, stops: BoundedStops): Promise<Arena> {
  const stack = await startStack({
    log,
    durable: true,
    keepsRuns: true,
    tightDisk: true,
    settings: SETTINGS,
  });
  stops.push('the stack', stack.stop);
  const links = await startLinks(stack.env);
  stops.push('the proxies', links.stop);
  const clients = connectTo(stack, stops);
  const processes = createProcesses(stack);
  const roles = keepRoles((role, settings = {}, logFile) =>
    processes.begin(role, { ...links.settingsOf(role), ...settings }, logFile),
  );
  stops.push('API and worker', async () => {
    roles.letGo();
    await processes.stop();
  });

  const postgres = postgresOf(stack);
  const temporal = temporalOf(stack, log, stops);
  const isRole = (part: Part): part is RoleName => part === 'api' || part === 'worker';
  const pidOf = async (part: Part): Promise<number> => {
    if (isRole(part)) return roles.pidOf(part);
    return part === 'temporal' ? temporal.pid() : postgres.pid();
  };
  const ready = await Promise.all([roles.revive('api'), roles.revive('worker')]);
  if (ready.includes(false)) throw new Error('API and worker were not ready in time');
  return {
    stack,
    links,
    ...clients,
    apiUrl: `http://127.0.0.1:${stack.env.PORT}`,
    token: (extra = undefined) => stack.supabase.issueToken({ ...ADMIN, ...(extra && { extra }) }),
    pidOf,
    async kill(part) {
      if (isRole(part)) return roles.kill(part);
      process.kill(await pidOf(part), 'SIGKILL');
    },
    async revive(part, settings, logFile) {
      if (isRole(part)) await roles.revive(part, settings, logFile);
      else await (part === 'temporal' ? temporal : postgres).revive();
    },
    ready: () => untilReady(stack.env),
    takeDeaths: roles.takeDeaths,
    stop: stops.stopAll,
  };
}
