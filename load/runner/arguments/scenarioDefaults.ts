/** Defaults of each scenario, sized for a machine with two cores. */
import type { ScenarioName } from '../../k6/contracts.ts';

export interface ScenarioDefaults {
  what: string;
  rate: number;
  durationSeconds: number;
}

const MINUTE = 60;

export const DEFAULTS: Record<ScenarioName, ScenarioDefaults> = {
  smoke: { what: 'every route of the API, one caller', rate: 0, durationSeconds: MINUTE },
  steady: { what: 'bootstraps at a constant rate', rate: 2, durationSeconds: MINUTE },
  ramp: {
    what: 'bootstraps at rising rates, until it does not keep up: the knee',
    rate: 0,
    durationSeconds: 160,
  },
  spike: {
    what: 'a constant rate, several times as much for a third of the time, and back',
    rate: 1,
    durationSeconds: 90,
  },
  soak: {
    what: 'a constant rate for long; memory at the start and at the end',
    rate: 1,
    durationSeconds: 30 * MINUTE,
  },
  backlog: {
    what: 'bootstraps queued without a worker, then drained: the drain rate',
    rate: 40,
    durationSeconds: 0,
  },
  mixed: {
    what: "the frontend's reads, bootstraps and invitations by weight",
    rate: 10,
    durationSeconds: MINUTE,
  },
};

export const DEFAULT_COUNT = 1000;
export const DEFAULT_STEPS = [1, 2, 3, 4, 6, 8, 12, 16];
export const DEFAULT_SPIKE_FACTOR = 8;
export const DEFAULT_WEIGHTS = { reads: 85, bootstraps: 5, invitations: 10 };

/**
 * Thresholds in milliseconds, and the time limit of the last run after the load in seconds. The
 * embedded stack shares its machine with the load: its thresholds detect hanging requests, not slow
 * ones.
 */
export const LIMITS = {
  embedded: { startMs: 10_000, activeMs: 300_000, endLimitSeconds: 300, pollSeconds: 0.5 },
  /** The objectives: 150 ms for a start, 10 to 40 minutes for an onboarding (docs/seed.md). */
  given: { startMs: 150, activeMs: 2_400_000, endLimitSeconds: 2_700, pollSeconds: 2 },
} as const;

/** Runs that wait in a queue for minutes are polled less often than twice a second. */
export const BACKLOG_POLL_SECONDS = 2;
/** Additional time limit of the last run for each queued one. */
export const BACKLOG_SECONDS_PER_RUN = 1;

export const KNEE = { kneeP95Ms: 1_000, kneeRunMs: 15_000 };
