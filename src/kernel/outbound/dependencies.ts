/**
 * Whether the dependencies of this process serve it, asked in the background and shown as
 * `dependency_up`: a scrape waits for none of them, and none that hangs looks like one that is well.
 */
import { pause } from '#kernel/pause.ts';
import { isProviderError } from '#kernel/providerError.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { KERNEL_LABEL_VALUES } from '#kernel/telemetry/kernelMetrics.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

export type Dependency = (typeof KERNEL_LABEL_VALUES.dependency)[number];

/** Resolves when the dependency serves us now. `signal` aborts when nobody waits any more. */
export type AskDependency = (signal: AbortSignal) => Promise<unknown>;

/** Something could not be asked, which says nothing about it: what was known stays. */
export class NotAsked extends Error {
  override name = 'NotAsked';
}

/** A dependency answers, and does not serve us. The message is logged: it contains no secret. */
export class NotServing extends Error {
  override name = 'NotServing';
}

interface Watched {
  ask: AskDependency;
  /** 0 is never. */
  everyMs: number;
}

export interface Dependencies {
  /** Whatever is watched under a name for the second time replaces the first. */
  watch(dependency: Dependency, watched: Watched): void;
  /** Asks all until `stopping` aborts. */
  run(stopping: AbortSignal): Promise<void>;
}

/** One that needs longer is of no use, although it may answer some time. */
const LIMIT_MS = 10_000;

/** Answers of a provider that say nothing about whether it serves us. */
const NO_NEWS: readonly string[] = ['paced', 'rate_limited'];

type Outcome = { up: true } | { up: false; reason: object } | undefined;

function outcomeOf(error: unknown): Outcome {
  if (error instanceof NotAsked) return undefined;
  if (isProviderError(error)) {
    return NO_NEWS.includes(error.kind)
      ? undefined
      : { up: false, reason: { reason: error.message } };
  }
  if (error instanceof NotServing) return { up: false, reason: { reason: error.message } };
  return { up: false, reason: errorDetails(error) };
}

/** Never rejects, and takes no longer than the limit. */
async function answerOf(
  ask: AskDependency,
  limitMs: number,
  stopping: AbortSignal,
): Promise<Outcome> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(limitMs)]);
  const { promise: late, resolve } = Promise.withResolvers<Outcome>();
  const silent = {
    up: false,
    reason: { reason: `no answer within ${limitMs / 1000} s` },
  } as const;
  const leave = () => resolve(stopping.aborted ? undefined : silent);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  const answer = (async () => ask(signal))().then(
    () => ({ up: true }) as const,
    (error) => (signal.aborted ? late : outcomeOf(error)),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** @param limitMs how long an answer may take. */
export function createDependencies(
  metrics: Metrics,
  logger: Logger,
  limitMs = LIMIT_MS,
): Dependencies {
  const all = new Map<Dependency, Watched>();

  /** A change is logged once; that it answers from the beginning is no news. */
  function log(dependency: Dependency, outcome: NonNullable<Outcome>, before?: boolean): void {
    if (outcome.up === before) return;
    if (!outcome.up) logger.warn({ dependency, ...outcome.reason }, 'dependency does not serve us');
    else if (before === false) logger.info({ dependency }, 'dependency serves us again');
  }

  async function watchOne(dependency: Dependency, { ask, everyMs }: Watched, stop: AbortSignal) {
    let known: boolean | undefined;
    while (!stop.aborted && everyMs > 0) {
      const outcome = await answerOf(ask, limitMs, stop);
      if (outcome) {
        metrics.set('dependency_up', { dependency }, outcome.up ? 1 : 0);
        log(dependency, outcome, known);
        known = outcome.up;
      }
      await pause(everyMs, stop);
    }
  }

  return {
    watch: (dependency, watched) => void all.set(dependency, watched),
    async run(stopping) {
      await Promise.all([...all].map(([name, watched]) => watchOne(name, watched, stopping)));
    },
  };
}
