/** What one machine is capable of that workers share with everything they talk to. */
import { type Profile, totalOf } from './profile.ts';

/**
 * Bootstraps a second of so many workers that share one machine with everything they talk to: so
 * many times one worker, until the cores that others leave are used up.
 */
export function sharedRate(profile: Profile, workers: number): number {
  const { machine, saturated, idleWorkerCores } = profile;
  const further = workers - 1;
  const left = machine.cores - machine.takenCores - further * idleWorkerCores;
  const work = totalOf(saturated.cpuSeconds) + further * saturated.furtherWorkerSeconds;
  return Math.min(workers * saturated.perSecond, left / work);
}

/** The same when requests arrive meanwhile, with one worker: the API needs the cores as well. */
export function keepUpRate(
  profile: Pick<Profile, 'machine' | 'accepting'> & {
    saturated: Pick<Profile['saturated'], 'perSecond' | 'cpuSeconds'>;
  },
): number {
  const { machine, saturated, accepting } = profile;
  const work = totalOf(saturated.cpuSeconds) + totalOf(accepting.cpuSeconds);
  return Math.min(saturated.perSecond, (machine.cores - machine.takenCores) / work);
}
