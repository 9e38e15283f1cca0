/** Where the scenario `ramp` broke: the last sustained rate, and the first that was not. */

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
