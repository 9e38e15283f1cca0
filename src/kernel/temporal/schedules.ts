/** The Temporal schedules of all families: made, updated and made again by one API at a time. */

import { type Client, ScheduleAlreadyRunning, type ScheduleOptions } from '@temporalio/client';
import type { Lease } from '#kernel/database/lease.ts';
import { pause } from '#kernel/pause.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { ScheduleDefinition } from './workflowDefinition.ts';

const INTERVAL_MS = 600_000;
const RETRY_MS = 10_000;
const DEADLINE_MS = 5_000;

/** The id of a schedule; there is one for each queue that serves it. */
export const scheduleIdOf = ({ id }: ScheduleDefinition, taskQueue: string): string =>
  `${id}-${taskQueue}`;

const optionsFor = (definition: ScheduleDefinition, taskQueue: string) =>
  ({
    scheduleId: scheduleIdOf(definition, taskQueue),
    spec: { calendars: [definition.calendar] },
    policies: { overlap: 'SKIP', catchupWindow: '1 day' },
    action: {
      type: 'startWorkflow',
      workflowType: definition.type,
      workflowId: definition.id,
      taskQueue,
      args: [],
    },
  }) satisfies ScheduleOptions;

async function ensure(
  client: Client,
  definition: ScheduleDefinition,
  taskQueue: string,
): Promise<void> {
  const { scheduleId, ...options } = optionsFor(definition, taskQueue);
  try {
    await client.schedule.create({ scheduleId, ...options });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // It may be from an earlier release, so it is updated. A paused schedule stays paused.
    await client.schedule
      .getHandle(scheduleId)
      .update(({ state }) => ({ ...options, state: { paused: state.paused } }));
  }
}

/** A schedule, and the name of the queue that serves it. */
export interface ScheduleOnQueue {
  definition: ScheduleDefinition;
  taskQueue: string;
}

/** Keeps schedules as the code has them: one that was deleted is made again. */
export interface ScheduleCare {
  client: Client;
  schedules: readonly ScheduleOnQueue[];
  lease: Lease;
  logger: Logger;
}

/** Until `stopping` aborts; a round that failed is tried again soon. */
export async function careForSchedules(care: ScheduleCare, stopping: AbortSignal): Promise<void> {
  const { client, schedules, lease, logger } = care;
  const round = () =>
    lease.tryRun(async (held) => {
      for (const { definition, taskQueue } of schedules) {
        held.throwIfAborted();
        const deadline = Date.now() + DEADLINE_MS;
        await client.withDeadline(deadline, () => ensure(client, definition, taskQueue));
      }
      return true;
    });
  while (!stopping.aborted) {
    const done = await round().catch((error: Error) => {
      logger.warn({ error: error.name }, 'schedules not looked after; it is tried again');
    });
    await pause(done ? INTERVAL_MS : RETRY_MS, stopping);
  }
}
