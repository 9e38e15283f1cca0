/** One worker that always finds work waiting: how fast it is, and what that takes. */
import { WORKFLOW } from '#domain/contracts.ts';
import type { Stage } from '../bench/stage.ts';
import { median } from '../bench/statistics.ts';
import { watchConnections } from './connections.ts';
import { type Drain, drain, quietest } from './drain.ts';
import type { Profile } from './profile.ts';
import type { Log, Setup } from './setup.ts';
import { perBootstrap } from './usage.ts';

const BACKLOG = 150;
const DRAINS = 2;
const LOOKED_AT = 5;

type Saturation = Pick<Profile, 'saturated' | 'accepting'> & { takenCores: number };

function saturationOf(drains: Drain[]): Saturation {
  const { count, perSecond, usage, queueing, busiestThreadSeconds } = quietest(drains);
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

/** Drains a backlog a few times; who is connected to the database meanwhile is counted. */
export async function saturate(setup: Setup, log: Log) {
  const { stage, api, worker } = setup;
  const [sizeBefore, requestsBefore] = [
    await databaseBytes(stage),
    stage.stack.cloudflare.requests.length,
  ];
  const drains: Drain[] = [];
  const watch = watchConnections(stage.owner);
  for (let round = 1; round <= DRAINS; round++) {
    const one = await drain(stage, api.pid, [worker], BACKLOG);
    log(`  drained ${BACKLOG} at ${one.perSecond.toFixed(1)} a second (${round} of ${DRAINS})`);
    drains.push(one);
  }
  const connections = await watch.end();
  const total = DRAINS * BACKLOG;
  return {
    ...saturationOf(drains),
    connections,
    cloudflareRequests: (stage.stack.cloudflare.requests.length - requestsBefore) / total,
    databaseBytes: ((await databaseBytes(stage)) - sizeBefore) / total,
  };
}

/** How much Temporal keeps of a run, in the middle of a few. */
export async function historyOf({ stage }: Setup) {
  const query = `WorkflowType = '${WORKFLOW.organizationBootstrap}' AND ExecutionStatus = 'Completed'`;
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
