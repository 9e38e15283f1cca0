/** The stage for measurements: the embedded stack with a database that flushes, and its roles. */

import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import { CALLER, sampleOrganization } from '#dev/demo/sampleOrganization.ts';
import { ownerPool } from '#dev/embedded/connections.ts';
import { freePort } from '#dev/embedded/freePort.ts';
import { createProcesses, type RoleProcess } from '#dev/embedded/processes.ts';
import { createReleasers } from '#dev/embedded/releasers.ts';
import { type Stack, startStack } from '#dev/embedded/stack.ts';
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { closedLoop, createCaller } from './requests.ts';
import { drainRate } from './statistics.ts';

export const BOOTSTRAP_PATH = '/api/v1/workflows/organization-bootstrap';
const BARE_QUEUE = 'bare';
export type BareWorkflow = 'BareWorkflow' | 'SameCommandsWorkflow';
/**
 * Activities of a bootstrap with a subdomain and one user whose DNS is found at the first lookup.
 */
export const ACTIVITIES_PER_BOOTSTRAP = 7;
/** The default of WORKER_MAX_ACTIVITIES, also for the bare worker. */
export const SLOTS = 50;

const NO_WAITS = {
  DNS_PROPAGATION_WAIT_SECONDS: '0',
  // All requests of the benchmark come from one address.
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
  INVITATION_MAILS_PER_HOUR: '0',
};
const QUEUEING_CONNECTIONS = 8;
const POLL_MS = 200;
const PAGE = 1000;
const DRAIN_LIMIT_MS = 900_000;

/** Settings of a worker process in addition to the stack's. */
export type WorkerSettings = Record<string, string>;

export interface Worker {
  pid: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Stage {
  stack: Stack;
  client: Client;
  /** Connection pool of the database's owner. */
  owner: pg.Pool;
  apiUrl: string;
  token: string;
  startApi(settings?: WorkerSettings): Promise<RoleProcess>;
  /** Starts one worker process of the queue "bootstrap" on its own port. */
  startWorker(settings?: WorkerSettings): Promise<Worker>;
  startBareWorker(): Promise<Worker>;
  /** Requests this number of bootstraps from the API; of `benchOrganization` when left out. */
  queueBootstraps(count: number, organization?: () => object): Promise<void>;
  queueBare(workflow: BareWorkflow, count: number): Promise<void>;
  /**
   * Waits until no run of the type is open. @returns the close time of each run that was closed
   * since `since`, in milliseconds.
   */
  drained(workflowType: string, since: Date): Promise<number[]>;
  stop(): Promise<void>;
}

/** The same without a subdomain: five activities, six events, and no wait. */
export function plainOrganization() {
  const { subdomain: name, ...organization } = benchOrganization();
  return { ...organization, orgData: { ...organization.orgData, name } };
}

/** An organization with one user: seven activities, eight events. */
export function benchOrganization() {
  const sample = sampleOrganization();
  return { ...sample, subdomain: `bench-${randomUUID()}`, users: sample.users.slice(0, 1) };
}

async function startBare(address: string): Promise<ChildProcess> {
  const child = fork(path.join(import.meta.dirname, 'bareWorker.ts'), {
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_TASK_QUEUE: BARE_QUEUE,
      WORKER_MAX_ACTIVITIES: String(SLOTS),
    },
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the bare worker ended before it was ready');
  });
  await Promise.race([once(child, 'message'), ended]);
  return child;
}

async function endOf(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function closeTimes(client: Client, workflowType: string, since: Date): Promise<number[]> {
  const moments: number[] = [];
  const query = `WorkflowType = '${workflowType}' AND CloseTime >= '${since.toISOString()}'`;
  for await (const { status, closeTime } of client.workflow.list({ query, pageSize: PAGE })) {
    if (status.name !== 'COMPLETED') throw new Error(`a ${workflowType} ended as ${status.name}`);
    moments.push(closeTime!.getTime());
  }
  return moments;
}

async function untilNoneIsOpen(client: Client, workflowType: string): Promise<void> {
  const deadline = Date.now() + DRAIN_LIMIT_MS;
  const open = () =>
    client.workflow.count(`WorkflowType = '${workflowType}' AND ExecutionStatus = 'Running'`);
  while ((await open()).count > 0) {
    if (Date.now() > deadline) throw new Error(`${workflowType}: not drained in time`);
    await delay(POLL_MS);
  }
}

/**
 * Starts the stack and the API, and no worker.
 * @param log called with the progress of long steps.
 */
export async function startStage(
  log: (line: string) => void,
  settings: Record<string, string> = {},
): Promise<Stage> {
  const releasers = createReleasers();
  try {
    const stack = await startStack({ log, durable: true, settings: { ...NO_WAITS, ...settings } });
    releasers.push(stack.stop);
    const owner = ownerPool(stack.env);
    releasers.push(() => owner.end());
    const connection = await Connection.connect({ address: stack.temporal.address });
    releasers.push(() => connection.close());
    const client = new Client({ connection });
    const processes = createProcesses(stack);
    releasers.push(processes.stop);
    const apiUrl = `http://127.0.0.1:${stack.env.PORT}`;
    const token = await stack.supabase.issueToken(CALLER);
    return {
      stack,
      client,
      owner,
      apiUrl,
      token,
      startApi: (settings) => processes.start('api', settings),
      async startWorker(settings = {}) {
        const port = String(await freePort());
        const own = { WORKER_QUEUES: 'bootstrap', HEALTH_CHECK_PORT: port };
        return processes.start('worker', { ...own, ...settings });
      },
      async startBareWorker() {
        const child = await startBare(stack.temporal.address);
        stack.reaper.watch(child.pid!);
        const stop = (signal: NodeJS.Signals = 'SIGTERM') => endOf(child, signal);
        releasers.push(stop);
        return { pid: child.pid!, stop };
      },
      async queueBootstraps(count, organization = benchOrganization) {
        const caller = createCaller(apiUrl, token, QUEUEING_CONNECTIONS);
        const post = () => caller.post(BOOTSTRAP_PATH, organization());
        await closedLoop(QUEUEING_CONNECTIONS, count, post).finally(caller.close);
      },
      async queueBare(workflow, count) {
        const start = () =>
          client.workflow.start(workflow, {
            taskQueue: BARE_QUEUE,
            workflowId: `bare-${randomUUID()}`,
            args: [ACTIVITIES_PER_BOOTSTRAP],
          });
        await closedLoop(QUEUEING_CONNECTIONS, count, start);
      },
      async drained(workflowType, since) {
        await untilNoneIsOpen(client, workflowType);
        return closeTimes(client, workflowType, since);
      },
      stop: releasers.releaseAll,
    };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}

/** Stops the workers during the work, and always continues them. */
export async function standingStill<T>(
  workers: readonly Worker[],
  work: () => Promise<T>,
): Promise<T> {
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of workers) process.kill(pid, name);
  };
  signal('SIGSTOP');
  try {
    return await work();
  } finally {
    signal('SIGCONT');
  }
}

/** Runs per second of a worker that is ready and has a full backlog; its start is not measured. */
async function rateOf(
  stage: Stage,
  workflowType: string,
  worker: Worker,
  queue: () => Promise<void>,
): Promise<number> {
  try {
    const since = await standingStill([worker], async () => {
      await queue();
      return new Date();
    });
    return drainRate(since, await stage.drained(workflowType, since));
  } finally {
    await worker.stop();
  }
}

/** Bootstraps per second of one worker process. */
export const bootstrapRate = async (
  stage: Stage,
  count: number,
  settings: WorkerSettings = {},
): Promise<number> =>
  rateOf(stage, ORGANIZATION_BOOTSTRAP, await stage.startWorker(settings), () =>
    stage.queueBootstraps(count),
  );

/** The same of the bare worker. */
export const bareRate = async (
  stage: Stage,
  workflow: BareWorkflow,
  count: number,
): Promise<number> =>
  rateOf(stage, workflow, await stage.startBareWorker(), () => stage.queueBare(workflow, count));
