/** Compares the model's prediction for several workers with a measured run. */

import type { Worker } from '../../stage/stage.ts';
import { type Profile, totalOf } from '../model/profile.ts';
import { sharedRate } from '../model/sharedMachine.ts';
import { type Drain, drain, drains, quietest } from './drain.ts';
import { type Log, type Setup, WORKER_SETTINGS, withSetup } from './setup.ts';

const COUNTS = [1, 2, 4];
const WARM_UP_EACH = 30;
const BACKLOG = 120;
const DRAINS = 2;

export interface Validation {
  workers: number;
  /** Bootstraps per second, from the profile only. */
  predicted: number;
  measured: number;
  errorPercent: number;
  /** CPU seconds of all parts per bootstrap. */
  cpuSeconds: number;
  /** Cores used by other processes meanwhile; the prediction uses those of the profile. */
  takenCores: number;
}

export function compared(workers: number, predicted: number, measuredDrains: Drain[]): Validation {
  const { perSecond: measured, usage, count } = quietest(measuredDrains);
  return {
    workers,
    predicted,
    measured,
    errorPercent: ((predicted - measured) / measured) * 100,
    cpuSeconds: totalOf(usage.cpuSeconds) / count,
    takenCores: usage.takenCores,
  };
}

async function addWorkers({ stage }: Setup, workers: Worker[], count: number): Promise<void> {
  while (workers.length < count) workers.push(await stage.startWorker(WORKER_SETTINGS));
}

async function drainsWith({ stage, api }: Setup, workers: Worker[]): Promise<Drain[]> {
  await drain(stage, api.pid, workers, WARM_UP_EACH * workers.length);
  return drains(DRAINS, stage, api.pid, workers, BACKLOG);
}

/** @param log called with a line about the progress. @throws once `stopping` is aborted. */
export const validate = (
  profile: Profile,
  log: Log,
  stopping: AbortSignal,
): Promise<Validation[]> =>
  withSetup(log, stopping, async (setup) => {
    const validations: Validation[] = [];
    const workers = [setup.worker];
    for (const count of COUNTS) {
      const predicted = sharedRate(profile, count);
      log(
        `${count} ${count === 1 ? 'worker' : 'workers'}, predicted: ${predicted.toFixed(1)} a second`,
      );
      await addWorkers(setup, workers, count);
      const one = compared(count, predicted, await drainsWith(setup, workers));
      log(`  measured: ${one.measured.toFixed(1)} a second`);
      validations.push(one);
    }
    return validations;
  });
