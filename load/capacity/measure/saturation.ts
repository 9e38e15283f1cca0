/** One worker with a constant backlog: its throughput, and what it uses. */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import type { Stage } from '../../stage/stage.ts';
import { median } from '../../stage/statistics.ts';
import { type CpuSeconds, type Profile, totalOf } from '../model/profile.ts';
import { watchConnections } from './connections.ts';
import { type Drain, drain, drains, quietest } from './drain.ts';
import { type Log, type Setup, WORKER_SETTINGS } from './setup.ts';
import { perBootstrap } from './usage.ts';

/** At most as many as the SDK caches with the worker's heap limit. */
export const BACKLOG = 150;
/** Warm-up before the measurement. */
export const WARM_UP = 100;
const DRAINS = 2;
const LOOKED_AT = 5;

interface Saturation {
  takenCores: number;
  saturated: Omit<Profile['saturated'], 'furtherWorkerSeconds'>;
  accepting: Profile['accepting'];
}

function saturationOf(measured: Drain[]): Saturation {
  const { count, perSecond, usage, queueing, busiestThreadSeconds } = quietest(measured);
  return {
    takenCores: usage.takenCores,
    saturated: {
      perSecond,
      cpuSeconds: perBootstrap(usage.cpuSeconds, count),
      busiestThreadSeconds: busiestThreadSeconds / count,
    },
    accepting: {
      perSecond: count / queueing.wallSeconds,
      cpuSeconds: perBootstrap(queueing.cpuSeconds, count),
    },
  };
}

async function databaseBytes({ owner }: Stage): Promise<number> {
  const { rows } = await owner.query(
    'SELECT pg_database_size(current_database())::float8 AS bytes',
  );
  return rows[0].bytes;
}

/** Drains a backlog several times and counts the database's connections meanwhile. */
export async function saturate(setup: Setup, log: Log) {
  const { stage, api, worker } = setup;
  const [sizeBefore, requestsBefore] = [
    await databaseBytes(stage),
    stage.stack.cloudflare.requests.length,
  ];
  const measured: Drain[] = [];
  const watch = watchConnections(stage.owner);
  for (let round = 1; round <= DRAINS; round++) {
    const one = await drain(stage, api.pid, [worker], BACKLOG);
    log(`  drained ${BACKLOG} at ${one.perSecond.toFixed(1)} a second (${round} of ${DRAINS})`);
    measured.push(one);
  }
  const connections = await watch.end();
  const total = DRAINS * BACKLOG;
  return {
    ...saturationOf(measured),
    connections,
    cloudflareRequests: (stage.stack.cloudflare.requests.length - requestsBefore) / total,
    databaseBytes: ((await databaseBytes(stage)) - sizeBefore) / total,
  };
}

/** CPU seconds of all parts that a second worker adds to each bootstrap. */
export async function furtherWorker(setup: Setup, oneWorker: CpuSeconds): Promise<number> {
  const { stage, api, worker } = setup;
  const second = await stage.startWorker(WORKER_SETTINGS);
  const workers = [worker, second];
  await drain(stage, api.pid, workers, WARM_UP);
  const measured = await drains(DRAINS, stage, api.pid, workers, BACKLOG);
  await second.stop();
  const { usage, count } = quietest(measured);
  return Math.max(0, totalOf(usage.cpuSeconds) / count - totalOf(oneWorker));
}

/** Medians of the state transitions and events of several runs. */
export async function historyOf({ stage }: Setup) {
  const query = `WorkflowType = '${ORGANIZATION_BOOTSTRAP}' AND ExecutionStatus = 'Completed'`;
  const transitions: number[] = [];
  const events: number[] = [];
  for await (const { workflowId } of stage.client.workflow.list({ query, pageSize: LOOKED_AT })) {
    const { raw, historyLength } = await stage.client.workflow.getHandle(workflowId).describe();
    transitions.push(Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0));
    events.push(historyLength);
    if (events.length === LOOKED_AT) break;
  }
  return { stateTransitions: median(transitions), historyEvents: median(events) };
}
