/** Background work of the worker: tells Supabase Auth of every change until it has it. */
import { pause } from '#kernel/pause.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import type { MembershipMetric } from '../metrics.ts';
import type { MembershipWorkerConfig } from '../settings.ts';
import { tellingOf } from './deps.ts';

/** Accounts of one round, and how many of them are told at the same time. */
const ROUND = 50;
const AT_ONCE = 5;

/** Runs until `stopping` aborts. Several workers share the work: each account has a lease. */
export function createBackground(
  kernel: WorkerKernel<MembershipWorkerConfig, MembershipMetric>,
): (stopping: AbortSignal) => Promise<void> {
  const { memberships, telling } = tellingOf(kernel);
  const { config, logger } = kernel;

  async function round(stopping: AbortSignal): Promise<void> {
    const due = await memberships.due(ROUND);
    const next = async () => {
      for (let id = due.shift(); id && !stopping.aborted; id = due.shift()) await telling.turn(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  return async (stopping) => {
    while (!stopping.aborted) {
      await round(stopping).catch((error) =>
        logger.warn(errorDetails(error), 'accounts not told of their memberships; tried again'),
      );
      await pause(config.MEMBERSHIP_SYNC_INTERVAL_MS, stopping);
    }
  };
}
