/**
 * Measures the profile in a few minutes, on the embedded stack with a database that flushes to
 * disk.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { currentFingerprint, type Profile } from '../model/profile.ts';
import { keepUpRate } from '../model/sharedMachine.ts';
import type { ConnectionUse } from './connections.ts';
import { drain } from './drain.ts';
import { perCachedRun } from './heldRuns.ts';
import { latenciesOf } from './latencies.ts';
import { BACKLOG, furtherWorker, historyOf, saturate, WARM_UP } from './saturation.ts';
import { type Log, type Setup, withSetup } from './setup.ts';
import { mostResidentBytes, processSeconds, residentBytes, thisMachine } from './usage.ts';

const IDLE_SECONDS = 5;

async function idleCores({ worker }: Setup): Promise<number> {
  const before = processSeconds(worker.pid);
  await delay(IDLE_SECONDS * 1000);
  return (processSeconds(worker.pid) - before) / IDLE_SECONDS;
}

const CONNECTIONS_OF: Record<'worker' | 'api', string> = { worker: 'a4c-worker', api: 'a4c-api' };

const usedBy = (connections: Map<string, ConnectionUse>, role: 'worker' | 'api'): ConnectionUse =>
  connections.get(CONNECTIONS_OF[role]) ?? { open: 0, busy: 0 };

async function measureOn(setup: Setup, log: Log): Promise<Profile> {
  const [machine, fingerprint] = [thisMachine(), await currentFingerprint()];
  const restBytes = residentBytes(setup.worker.pid);
  log('one worker with nothing to do');
  const idleWorkerCores = await idleCores(setup);
  log(`one worker with ${WARM_UP} bootstraps, to warm up`);
  await drain(setup.stage, setup.api.pid, [setup.worker], WARM_UP);
  log('one worker that always finds bootstraps waiting');
  const { takenCores, saturated, accepting, connections, ...sizes } = await saturate(setup, log);
  const busiestBytes = mostResidentBytes(setup.worker.pid);
  const history = await historyOf(setup);
  const kept = keepUpRate({ machine: { ...machine, takenCores }, saturated, accepting });
  log(`bootstraps that arrive, at shares of ${kept.toFixed(1)} a second`);
  const arrivals = await latenciesOf(setup, kept, log);
  log('two workers that always find bootstraps waiting');
  const furtherWorkerSeconds = await furtherWorker(setup, saturated.cpuSeconds);
  log('runs that are held in their wait for DNS');
  const perCachedRunBytes = await perCachedRun(setup, log);
  return {
    measuredAt: new Date().toISOString(),
    fingerprint,
    machine: { ...machine, takenCores },
    bootstrap: {
      activities: Math.round(arrivals[0]!.activitiesPerRun),
      activitySeconds: arrivals[0]!.activitySeconds,
      ...history,
      ...sizes,
    },
    saturated: { ...saturated, furtherWorkerSeconds },
    accepting,
    idleWorkerCores,
    memory: { restBytes, busiestBytes, busiestRuns: BACKLOG, perCachedRunBytes },
    connections: { worker: usedBy(connections, 'worker'), api: usedBy(connections, 'api') },
    latencies: arrivals.map(({ latency }) => latency),
  };
}

/** @param log called with a line about the progress. @throws once `stopping` is aborted. */
export const measureProfile = (log: Log, stopping: AbortSignal): Promise<Profile> =>
  withSetup(log, stopping, (setup) => measureOn(setup, log));
