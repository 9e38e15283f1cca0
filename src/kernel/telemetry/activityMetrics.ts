/** Counts every attempt of every activity when it ends. */
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { KERNEL_LABEL_VALUES } from './kernelMetrics.ts';
import type { Metrics } from './metrics.ts';

/** @param activities names of all activities: their series begin at zero. */
export function activityMetricsInterceptor(
  metrics: Metrics,
  activities: string[],
): ActivityInterceptorsFactory {
  for (const activity of activities) {
    metrics.inc('activity_executed_total', { activity }, 0);
    metrics.inc('activity_failed_total', { activity }, 0);
    metrics.zero('activity_retry_count', { activity });
    for (const outcome of KERNEL_LABEL_VALUES.activity_outcome) {
      metrics.zero('activity_duration_seconds', { activity, outcome });
    }
  }
  type Outcome = (typeof KERNEL_LABEL_VALUES.activity_outcome)[number];
  const record = (activity: string, outcome: Outcome, started: number) => {
    metrics.inc('activity_executed_total', { activity });
    if (outcome === 'failed') metrics.inc('activity_failed_total', { activity });
    const seconds = (performance.now() - started) / 1000;
    metrics.observe('activity_duration_seconds', { activity, outcome }, seconds);
  };
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const { activityType, attempt } = context.info;
        const started = performance.now();
        try {
          const result = await next(input);
          record(activityType, 'completed', started);
          metrics.observe('activity_retry_count', { activity: activityType }, attempt - 1);
          return result;
        } catch (error) {
          const cancelled = error instanceof CancelledFailure || context.cancellationSignal.aborted;
          record(activityType, cancelled ? 'cancelled' : 'failed', started);
          throw error;
        }
      },
    },
  });
}
