/** Plays scenarios on several stages at once, within limits of time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Proof } from './proof.ts';
import type { Scenario } from './scenario.ts';

/** A scenario that was played, or was to be played. */
export interface Played {
  fault: string;
  /** How long all of it took: waiting for silence, fault, pages, their end. */
  seconds: number;
  proofs: Proof[];
}

export interface LaneOptions<S> {
  stages: number;
  openStage(): Promise<S>;
  closeStage(stage: S): Promise<void>;
  play(stage: S, scenario: Scenario): Promise<Proof[]>;
  /** How long a scenario is expected to take: the longest are played first. */
  expectedSeconds(scenario: Scenario): number;
  /** How long one scenario may take in all, before it is given up with its stage. */
  limitMs(scenario: Scenario): number;
  /** How long the end of a stage is waited for. */
  closeLimitMs: number;
  /** Called with each scenario that begins and each that has ended. */
  onBegin(scenario: Scenario): void;
  onEnd(played: Played): void;
  /** Nothing begins any more, and what is being played is given up. */
  stopping: AbortSignal;
}

const MS = 1000;
const INTERRUPTED = 'interrupted';
const OPEN_LIMIT_MS = 240_000;

/** Proofs of a scenario that could not be played to its end. */
const unplayed = ({ fault, proves }: Scenario, reason: string): Proof[] =>
  proves.map(({ alert, labels = {}, about = {} }) => ({
    alert,
    labels: { ...labels, ...about },
    fault,
    told: [],
    runbook: true,
    reason,
  }));

/** False when it did not begin, or was interrupted: nothing is known of its alerts then. */
export const wasPlayed = ({ seconds, proofs }: Played): boolean =>
  seconds > 0 && !proofs.some(({ reason }) => reason === INTERRUPTED);

/** Rejects when the signal is aborted or the time is over, whatever `work` does. */
async function bounded<T>(work: Promise<T>, limitMs: number, stopping: AbortSignal): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([stopping, over.signal]);
  const limit = delay(limitMs, undefined, { signal }).then(
    () => Promise.reject(new Error(`not at its end after ${Math.round(limitMs / MS)} s`)),
    () => Promise.reject(new Error(INTERRUPTED)),
  );
  return Promise.race([work, limit]).finally(() => over.abort());
}

const byDuration = (expected: (scenario: Scenario) => number) => (a: Scenario, b: Scenario) =>
  expected(b) - expected(a);

/**
 * Plays all of them, each once, in the lane that is free next.
 * @returns what was played and what was not, in the order of the list; it never throws.
 */
export async function playInLanes<S>(
  scenarios: readonly Scenario[],
  options: LaneOptions<S>,
): Promise<Played[]> {
  const queue = scenarios.toSorted(byDuration(options.expectedSeconds));
  const played = new Map<Scenario, Played>();

  async function playOne(stage: S, scenario: Scenario): Promise<boolean> {
    const begun = performance.now();
    options.onBegin(scenario);
    const work = bounded(
      options.play(stage, scenario),
      options.limitMs(scenario),
      options.stopping,
    );
    let isUsable = true;
    const proofs = await work.catch((error: Error) => {
      isUsable = false;
      return unplayed(scenario, error.message.split('\n')[0]!);
    });
    const one = { fault: scenario.fault, seconds: (performance.now() - begun) / MS, proofs };
    played.set(scenario, one);
    options.onEnd(one);
    return isUsable;
  }

  /** What still holds it ends with this process. */
  async function closed(stage: S): Promise<void> {
    const over = new AbortController();
    const limit = delay(options.closeLimitMs, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([options.closeStage(stage).catch(() => {}), limit]);
    over.abort();
  }

  /** A stage on which a scenario failed to end is not used for another one. */
  async function lane(): Promise<void> {
    while (queue.length > 0 && !options.stopping.aborted) {
      const stage = await bounded(options.openStage(), OPEN_LIMIT_MS, options.stopping);
      let isUsable = true;
      while (isUsable && !options.stopping.aborted) {
        const scenario = queue.shift();
        if (!scenario) break;
        isUsable = await playOne(stage, scenario);
      }
      await closed(stage);
    }
  }

  const lanes = Array.from({ length: Math.min(options.stages, queue.length) }, lane);
  const failed = (await Promise.allSettled(lanes)).find((one) => one.status === 'rejected');
  const reason = failed
    ? `no stage: ${(failed.reason as Error).message.split('\n')[0]}`
    : 'not played';
  return scenarios.map(
    (scenario) =>
      played.get(scenario) ?? {
        fault: scenario.fault,
        seconds: 0,
        proofs: unplayed(scenario, reason),
      },
  );
}
