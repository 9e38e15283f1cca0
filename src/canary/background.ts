/** Background work of the API: one canary at a time, by one replica at a time. */

import { randomUUID } from 'node:crypto';
import { createLease } from '#kernel/database/lease.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { pause } from '#kernel/pause.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { logIn } from './caller.ts';
import { cleanUp } from './cleanup.ts';
import { CanaryFailure } from './failure.ts';
import type { CanaryMetric } from './metrics.ts';
import { onboard } from './onboarding.ts';
import type { CanaryConfig } from './settings.ts';
import { type CanaryOutcome, type CanaryRun, type CanaryRuns, createCanaryRuns } from './store.ts';

/** How often it looks whether one is due. */
const TICK_MS = 5_000;
/** A deletion takes seconds. */
const CLEANUP_LIMIT_MS = 300_000;
const SUFFIX_LENGTH = 8;

interface Deps {
  config: CanaryConfig;
  runs: CanaryRuns;
  logger: Logger;
}

/** A name is never used twice: DNS and its caches know nothing of it. */
const newName = ({ CANARY_SUBDOMAIN }: CanaryConfig): string =>
  `${CANARY_SUBDOMAIN}-${randomUUID().slice(0, SUFFIX_LENGTH)}`;

/** @returns the reason of the failure; undefined when all was well. */
async function tryToOnboard(
  { config, runs }: Deps,
  run: CanaryRun,
  stopping: AbortSignal,
): Promise<string | undefined> {
  if (run.onboardedAt) return undefined;
  const until = performance.now() + config.CANARY_LIMIT_MS - run.ageSeconds * 1000;
  try {
    const caller = await logIn(config, stopping);
    await onboard({ config, caller, run, stopping, until });
    await runs.recordOnboarded(run);
    return undefined;
  } catch (error) {
    if (error instanceof CanaryFailure) return error.reason;
    throw error;
  }
}

/** What earlier ones have left goes, too. @returns true when nothing of any canary is left. */
async function tryToCleanUp(
  { config, runs }: Deps,
  run: CanaryRun,
  stopping: AbortSignal,
): Promise<boolean> {
  const until = performance.now() + Math.min(config.CANARY_LIMIT_MS, CLEANUP_LIMIT_MS);
  const left = [run, ...(await runs.unclean())];
  try {
    const caller = await logIn(config, stopping);
    const work = { config, caller, stopping, until, runs };
    const gone = await Promise.all(left.map((one) => cleanUp(work, one)));
    return gone.every(Boolean);
  } catch (error) {
    if (!(error instanceof CanaryFailure)) throw error;
    // Without a token it cannot look; a request that was not accepted has left nothing.
    const organizations = await Promise.all(left.map((one) => runs.organizationOf(one)));
    return organizations.every((organization) => organization === undefined);
  }
}

/** Goes on with a canary, wherever it is; it throws only where another process goes on with it. */
async function runOne(deps: Deps, run: CanaryRun, stopping: AbortSignal): Promise<void> {
  const { runs, logger } = deps;
  const reason = await tryToOnboard(deps, run, stopping);
  const isClean = await tryToCleanUp(deps, run, stopping);
  const ended = reason === undefined ? 'completed' : 'failed';
  const outcome: CanaryOutcome = isClean ? ended : 'cleanup_failed';
  await runs.end(run, outcome, reason ?? (isClean ? null : 'cleanup'));
  const line = { outcome, subdomain: run.subdomain, ...(reason && { reason }) };
  if (outcome === 'completed') logger.info(line, 'canary ended');
  else logger.error(line, 'canary ended');
}

/** The one that was interrupted, or a new one when it is due. */
async function nextOf({ config, runs }: Deps): Promise<CanaryRun | undefined> {
  const interrupted = await runs.underWay();
  if (interrupted) return interrupted;
  const seconds = await runs.lastStartedSecondsAgo();
  const isDue = seconds === undefined || seconds * 1000 >= config.CANARY_INTERVAL_MS;
  return isDue ? runs.begin(newName(config)) : undefined;
}

/** Makes canaries until `stopping` aborts; none while they are switched off. */
export function createBackground(
  kernel: ApiKernel<CanaryConfig>,
): (stopping: AbortSignal) => Promise<void> {
  const { config, pool, logger } = kernel;
  // The API has the metrics of all families.
  const metrics = kernel.metrics as unknown as Metrics<CanaryMetric>;
  const isEnabled = config.CANARY_ENABLED && config.ENABLE_ORG_BOOTSTRAP;
  metrics.set('canary_enabled', {}, isEnabled ? 1 : 0);
  metrics.set('canary_interval_seconds', {}, config.CANARY_INTERVAL_MS / 1000);
  const deps: Deps = { config, runs: createCanaryRuns(pool), logger };
  const lease = createLease(pool, 'canary');
  const tickMs = Math.min(TICK_MS, config.CANARY_INTERVAL_MS);

  const round = (stopping: AbortSignal) =>
    lease.tryRun(async (held) => {
      const run = await nextOf(deps);
      if (run) await runOne(deps, run, AbortSignal.any([stopping, held]));
    });

  return async (stopping) => {
    while (isEnabled && !stopping.aborted) {
      await round(stopping).catch((error: Error) => {
        if (!stopping.aborted) logger.warn({ error: error.name }, 'canary interrupted; it goes on');
      });
      await pause(tickMs, stopping);
    }
  };
}
