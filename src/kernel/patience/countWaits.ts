/** Counts the attempts that are waited out. */
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { WaitObserver } from '#kernel/temporal/activity.ts';
import { PATIENCE_ROWS } from './table.ts';

/** @returns what to call with each attempt that is waited out; every series begins with 0. */
export function countWaits(metrics: Metrics): WaitObserver {
  for (const { provider, reason: kind, row } of PATIENCE_ROWS) {
    if (row.does === 'wait') metrics.inc('activity_waits_total', { provider, kind }, 0);
  }
  return ({ provider, reason: kind }) => metrics.inc('activity_waits_total', { provider, kind });
}
