/** Where the scenario `ramp` broke: the last rate that was kept up with, and the first that was not. */

export interface RampStep {
  /** Bootstraps a second. */
  rate: number;
  accepted: number;
  /** Requests that found no virtual user, because those before them took so long. */
  dropped: number;
  /** 95 of 100 runs had started so long after their request; milliseconds. */
  startP95Ms: number;
  /** Most runs in flight, divided by the rate; undefined where the API does not show its metrics. */
  inFlightMs: number | undefined;
}

export interface Knee {
  /** The highest rate that was kept up with; undefined when not even the first was. */
  holds: number | undefined;
  /** The lowest that was not; undefined when all were. */
  breaks: number | undefined;
  /** What broke. */
  because: string | undefined;
}

export interface KneeLimits {
  kneeP95Ms: number;
  kneeRunMs: number;
}

function reasonOf(step: RampStep, { kneeP95Ms, kneeRunMs }: KneeLimits): string | undefined {
  if (step.dropped > 0) return `${step.dropped} requests found no virtual user`;
  if (step.startP95Ms >= kneeP95Ms) {
    return `the p95 until the start is ${Math.round(step.startP95Ms)} ms, and may be ${kneeP95Ms} ms`;
  }
  if ((step.inFlightMs ?? 0) >= kneeRunMs) {
    const seconds = (step.inFlightMs! / 1000).toFixed(1);
    return `runs pile up: those in flight are the work of ${seconds} s, and may be of ${kneeRunMs / 1000} s`;
  }
  return undefined;
}

/** @param steps in rising order; those that were not reached count for nothing. */
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
