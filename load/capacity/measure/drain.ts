/** How fast workers that are ready and warm complete a backlog. */
import { ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { type Stage, standingStill, type Worker } from '../../stage/stage.ts';
import { drainRate } from '../../stage/statistics.ts';
import { busiestThread, countUsage, threadSeconds, type Usage } from './usage.ts';

export interface Drain {
  count: number;
  /** Bootstraps per second, from the release of the workers until the last one completed. */
  perSecond: number;
  usage: Usage;
  /** CPU seconds of the busiest thread, in the worker where it used most. */
  busiestThreadSeconds: number;
  /** Usage while the backlog was accepted and no worker worked. */
  queueing: Usage;
}

/** CPU seconds of all workers' threads, by process and thread. */
const threadsOf = (workers: readonly Worker[]): Map<string, number> =>
  new Map(workers.flatMap(({ pid }) => [...threadSeconds(pid)]));

/**
 * Queues `count` bootstraps while the workers are stopped, and then continues the workers. They
 * were started before, so their start is not measured, and all begin at the same moment.
 */
export async function drain(
  stage: Stage,
  apiPid: number,
  workers: readonly Worker[],
  count: number,
): Promise<Drain> {
  const parts = { stage, apiPid, workerPids: workers.map(({ pid }) => pid) };
  const begun = await standingStill(workers, async () => {
    const queueingEnds = countUsage(parts);
    await stage.queueBootstraps(count);
    const queueing = queueingEnds();
    return { queueing, threads: threadsOf(workers), since: new Date(), ends: countUsage(parts) };
  });
  const moments = await stage.drained(ORGANIZATION_BOOTSTRAP, begun.since);
  if (moments.length !== count) {
    throw new Error(`${moments.length} bootstraps ended, and ${count} were queued`);
  }
  return {
    count,
    perSecond: drainRate(begun.since, moments),
    usage: begun.ends(),
    busiestThreadSeconds: busiestThread(begun.threads, threadsOf(workers)),
    queueing: begun.queueing,
  };
}

/** The same drain `rounds` times. */
export async function drains(rounds: number, ...parts: Parameters<typeof drain>): Promise<Drain[]> {
  const all: Drain[] = [];
  for (let round = 0; round < rounds; round++) all.push(await drain(...parts));
  return all;
}

/** Of several drains the one in which others took least of the machine. */
export const quietest = (drains: readonly Drain[]): Drain =>
  drains.reduce((best, one) => (one.usage.takenCores < best.usage.takenCores ? one : best));
