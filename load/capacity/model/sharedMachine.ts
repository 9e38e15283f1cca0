/** The capacity of one machine that runs the workers and all services that they use. */
import { type Profile, totalOf } from './profile.ts';

/**
 * Bootstraps per second of several workers on one machine with all other services: the rate of one
 * worker multiplied, up to the limit of the remaining cores.
 */
export function sharedRate(profile: Profile, workers: number): number {
  const { machine, saturated, idleWorkerCores } = profile;
  const further = workers - 1;
  const left = machine.cores - machine.takenCores - further * idleWorkerCores;
  const work = totalOf(saturated.cpuSeconds) + further * saturated.furtherWorkerSeconds;
  return Math.min(workers * saturated.perSecond, left / work);
}

/** The same with one worker while requests arrive: the API also needs cores. */
export function keepUpRate(
  profile: Pick<Profile, 'machine' | 'accepting'> & {
    saturated: Pick<Profile['saturated'], 'perSecond' | 'cpuSeconds'>;
  },
): number {
  const { machine, saturated, accepting } = profile;
  const work = totalOf(saturated.cpuSeconds) + totalOf(accepting.cpuSeconds);
  return Math.min(saturated.perSecond, (machine.cores - machine.takenCores) / work);
}
