/**
 * Metrics of schedules and worker versions, asked in the background: while Temporal is away they stay
 * as they were, which another alert tells.
 */

import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { pause } from '#kernel/pause.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import { KERNEL_LABEL_VALUES } from '#kernel/telemetry/kernelMetrics.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { type ScheduleOnQueue, scheduleIdOf } from '../schedules.ts';
import { queueVersions, type WorkerVersion } from './workerVersions.ts';

const DEADLINE_MS = 10_000;

export interface ServerWatch {
  client: Client;
  metrics: Metrics;
  schedules: readonly ScheduleOnQueue[];
  taskQueues: readonly string[];
  logger: Logger;
  /** 0 is never. */
  everyMs: number;
}

/** Undefined for a schedule that does not exist. */
async function described(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** One that never did anything counts from when it was made. */
const lastActionOf = ({ info }: ScheduleDescription): Date =>
  info.recentActions.at(-1)?.takenAt ?? info.createdAt;

async function showSchedules({ client, metrics, schedules }: ServerWatch): Promise<void> {
  for (const { definition, taskQueue } of schedules) {
    const labels = { schedule: definition.id };
    const found = await described(client, scheduleIdOf(definition, taskQueue));
    metrics.set('schedule_missing', labels, found ? 0 : 1);
    if (!found) continue;
    metrics.set('schedule_paused', labels, found.state.paused ? 1 : 0);
    const seconds = lastActionOf(found).getTime() / 1000;
    metrics.set('schedule_last_action_timestamp_seconds', labels, seconds);
  }
}

const STATES: readonly string[] = KERNEL_LABEL_VALUES.version_state;

/** Versions that nobody needs any more would only add series. */
const isOver = ({ status, pinned_runs }: WorkerVersion): boolean =>
  status === 'drained' && pinned_runs === 0;

async function showVersions({ client, metrics, taskQueues }: ServerWatch): Promise<void> {
  const rows = [];
  for (const task_queue of taskQueues) {
    const { isCurrentPolled, versions } = await queueVersions(client, task_queue);
    metrics.set('worker_version_current', { task_queue }, isCurrentPolled ? 1 : 0);
    for (const version of versions.filter((one) => !isOver(one))) {
      const { build_id, status, pinned_runs: value } = version;
      const state = STATES.includes(status) ? status : 'inactive';
      rows.push({ labels: { task_queue, version: build_id, state }, value });
    }
  }
  metrics.setTotals('worker_version_runs', rows);
}

/** Asks until `stopping` aborts. */
export async function watchServer(watch: ServerWatch, stopping: AbortSignal): Promise<void> {
  const { client, logger, everyMs } = watch;
  while (!stopping.aborted && everyMs > 0) {
    for (const show of [showSchedules, showVersions]) {
      await client
        .withDeadline(Date.now() + DEADLINE_MS, () => show(watch))
        .catch((error) => logger.debug(errorDetails(error), 'Temporal not asked for metrics'));
    }
    await pause(everyMs, stopping);
  }
}
