/** The Temporal schedules of all families: created or updated when the API starts. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ScheduleAlreadyRunning, type ScheduleOptions } from '@temporalio/client';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { ScheduleDefinition } from './workflowDefinition.ts';

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

/** Retries until Temporal has the schedule, or `stopping` aborts. */
export async function ensureSchedule(
  client: Client,
  definition: ScheduleDefinition,
  taskQueue: string,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      const deadline = Date.now() + DEADLINE_MS;
      await client.withDeadline(deadline, () => ensure(client, definition, taskQueue));
      return;
    } catch (error) {
      const fields = { schedule: definition.id, error: (error as Error).name };
      logger.warn(fields, 'schedule not made yet; it is tried again');
      await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
}
