/** Where the scenario `ramp` broke: the last sustained rate, and the first that was not. */

import { quantile } from '../stage/statistics.ts';

const P95 = 0.95;

export interface RampStep {
  /** Bootstraps per second. */
  rate: number;
  accepted: number;
  /** Requests without a free virtual user, because earlier ones took too long. */
  dropped: number;
  /** p95 from the request to the start of the run; milliseconds. */
  startP95Ms: number;
  /** Maximum of runs in flight, divided by the rate; undefined without the API's metrics. */
  inFlightMs: number | undefined;
  /** p95 from the request to the active organization; undefined when none became active. */
  activeP95Ms?: number | undefined;
}

export interface Knee {
  /** The highest sustained rate; undefined when even the first was too high. */
  holds: number | undefined;
  /** The lowest rate that was too high; undefined when all were sustained. */
  breaks: number | undefined;
  /** Why it broke. */
  because: string | undefined;
}

export interface KneeLimits {
  kneeP95Ms: number;
  kneeRunMs: number;
  /** p95 from the request to the active organization; undefined where waiting for DNS takes minutes. */
  kneeActiveMs?: number;
}

function reasonOf(
  step: RampStep,
  { kneeP95Ms, kneeRunMs, kneeActiveMs }: KneeLimits,
): string | undefined {
  if (step.dropped > 0) return `${step.dropped} requests found no virtual user`;
  if (step.startP95Ms >= kneeP95Ms) {
    return `the p95 until the start is ${Math.round(step.startP95Ms)} ms, and may be ${kneeP95Ms} ms`;
  }
  if ((step.inFlightMs ?? 0) >= kneeRunMs) {
    const seconds = (step.inFlightMs! / 1000).toFixed(1);
    return `runs pile up: those in flight are the work of ${seconds} s, and may be of ${kneeRunMs / 1000} s`;
  }
  if (kneeActiveMs && (step.activeP95Ms ?? 0) >= kneeActiveMs) {
    const seconds = (step.activeP95Ms! / 1000).toFixed(1);
    return `the p95 until the organization is active is ${seconds} s, and may be ${kneeActiveMs / 1000} s`;
  }
  return undefined;
}

export interface TimedRun {
  /** Epoch milliseconds of the request. */
  requestedAt: number;
  /** Epoch milliseconds at which the run had completed; undefined when it has not. */
  completedAt: number | undefined;
}

/**
 * The p95 from the request to the end of its run, for each step. Steps are equally long, and the first
 * begins with the first request.
 * @returns undefined for a step in which nothing completed.
 */
export function activeP95s(
  runs: readonly TimedRun[],
  steps: number,
  stepMs: number,
): (number | undefined)[] {
  const begin = Math.min(...runs.map(({ requestedAt }) => requestedAt));
  return Array.from({ length: steps }, (_, step) => {
    const waited = runs
      .filter(
        ({ requestedAt }) =>
          Math.min(steps - 1, Math.floor((requestedAt - begin) / stepMs)) === step,
      )
      .flatMap(({ requestedAt, completedAt }) => (completedAt ? [completedAt - requestedAt] : []));
    return waited.length > 0 ? quantile(waited, P95) : undefined;
  });
}

/** @param steps in ascending order; those that were not reached are ignored. */
export function kneeOf(steps: RampStep[], limits: KneeLimits): Knee {
  const reached = steps.filter(({ accepted, dropped }) => accepted + dropped > 0);
  const broken = reached.findIndex((step) => reasonOf(step, limits) !== undefined);
  const kept = broken < 0 ? reached : reached.slice(0, broken);
  const first = broken < 0 ? undefined : reached[broken];
  return {
    holds: kept.at(-1)?.rate,
    breaks: first?.rate,
    because: first && reasonOf(first, limits),
  };
}
