/** The schedule of the rounds over all signing certificates: made, or brought up to date, at start. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, ScheduleAlreadyRunning, type ScheduleOptions } from '@temporalio/client';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { SSO_CERTIFICATE_WATCH_ID, SSO_CERTIFICATE_WATCH_WORKFLOW } from '#sso/contract.ts';

const RETRY_MS = 10_000;
const DEADLINE_MS = 5_000;
/** UTC; once a day is often enough for thresholds in days. */
const HOUR = 6;

/** One for each queue that serves it. */
export const certificateWatchId = (taskQueue: string): string =>
  `${SSO_CERTIFICATE_WATCH_ID}-${taskQueue}`;

const optionsFor = (taskQueue: string) =>
  ({
    scheduleId: certificateWatchId(taskQueue),
    spec: { calendars: [{ hour: HOUR }] },
    policies: { overlap: 'SKIP', catchupWindow: '1 day' },
    action: {
      type: 'startWorkflow',
      workflowType: SSO_CERTIFICATE_WATCH_WORKFLOW,
      workflowId: SSO_CERTIFICATE_WATCH_ID,
      taskQueue,
      args: [],
    },
  }) satisfies ScheduleOptions;

async function ensure(client: Client, taskQueue: string): Promise<void> {
  const { scheduleId, ...options } = optionsFor(taskQueue);
  try {
    await client.schedule.create({ scheduleId, ...options });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // What is there may be of an earlier release; whether it is paused stays as it is.
    await client.schedule
      .getHandle(scheduleId)
      .update(({ state }) => ({ ...options, state: { paused: state.paused } }));
  }
}

/** Tries until Temporal has the schedule, or `stopping` aborts. */
export async function ensureCertificateWatch(
  client: Client,
  taskQueue: string,
  logger: Logger,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, () => ensure(client, taskQueue));
      return;
    } catch (error) {
      logger.warn({ error: (error as Error).name }, 'certificates are not watched yet');
      await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
}
