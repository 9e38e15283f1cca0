/** Metrics that only the Temporal server knows: backlogs, pollers, and tasks that keep failing. */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

/** `temporal.api.enums.v1.TaskQueueType`. */
const TASK_TYPES = { workflow: 1, activity: 2 } as const;
const DEADLINE_MS = 1_000;
/** Server 1.31 and later report these problems; on older ones none can be counted. */
const REPORTED_PROBLEMS = `ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL`;

type Duration = { seconds?: unknown; nanos?: number | null } | null | undefined;
const secondsOf = (duration: Duration): number =>
  Number(duration?.seconds ?? 0) + (duration?.nanos ?? 0) / 1e9;

async function collectQueue(client: Client, metrics: Metrics, task_queue: string): Promise<void> {
  for (const [task_type, taskQueueType] of Object.entries(TASK_TYPES)) {
    const { stats, pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: task_queue },
      taskQueueType,
      reportStats: true,
    });
    const labels = { task_queue, task_type };
    metrics.set('temporal_backlog_count', labels, Number(stats?.approximateBacklogCount ?? 0));
    metrics.set('temporal_backlog_age_seconds', labels, secondsOf(stats?.approximateBacklogAge));
    metrics.set('temporal_pollers', labels, pollers?.length ?? 0);
  }
}

async function collectProblems(client: Client, metrics: Metrics): Promise<void> {
  try {
    const { count } = await client.workflow.count(REPORTED_PROBLEMS);
    metrics.set('temporal_reported_problems', {}, count);
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
  }
}

/**
 * Asks the server at each scrape, with a short deadline; without a response there are no values.
 */
export function collectServerMetrics(
  metrics: Metrics,
  client: Client,
  queues: readonly string[],
): void {
  metrics.onScrape(async () => {
    try {
      await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
        for (const queue of queues) await collectQueue(client, metrics, queue);
        await collectProblems(client, metrics);
      });
    } catch {
      for (const name of [
        'temporal_backlog_count',
        'temporal_backlog_age_seconds',
        'temporal_pollers',
      ] as const) {
        metrics.setTotals(name, []);
      }
    }
  });
}
