/** Rules that no scenario raises, each with the reason. */
import { OBJECTIVES } from '#alerts/src/objectives.ts';
import type { ProvedAlert } from './scenario.ts';

export interface UnprovedAlert extends ProvedAlert {
  reason: string;
}

/** The longer windows of the burn-rate alerts; for the pair 1h/5m there are scenarios. */
const LONGER_WINDOWS = ['6h', '1d', '3d'];

const longerWindows: readonly UnprovedAlert[] = OBJECTIVES.flatMap(({ alert }) =>
  LONGER_WINDOWS.map((long) => ({
    alert,
    labels: { long },
    reason: 'differs from the pair 1h/5m in its windows and rate alone, and is tried by promtool',
  })),
);

/** The stage makes no canary: its organizations would be among those that other scenarios count. */
const OF_THE_CANARY: readonly UnprovedAlert[] = [
  { alert: 'CanaryFailing' },
  { alert: 'CanaryMissing' },
  { alert: 'CanaryErrorBudgetBurn', labels: { long: '1h' } },
].map((alert) => ({
  ...alert,
  reason: 'test/canary breaks the real stack and sees the metrics, and promtool tries the rule',
}));

export const UNPROVED: readonly UnprovedAlert[] = [
  ...longerWindows,
  ...OF_THE_CANARY,
  {
    alert: 'TargetDown',
    labels: { severity: 'warning' },
    reason: 'one process of several: a stage has one of each; promtool tries it',
  },
  {
    alert: 'NoCurrentWorkerVersion',
    reason:
      'Temporal lists a poller for five minutes after it has stopped, which no factor shortens; promtool tries it',
  },
  {
    alert: 'ExporterDown',
    reason: 'the rule of TargetDown for the exporters; promtool tries it',
  },
  {
    alert: 'LeaderWorkSilent',
    labels: { severity: 'warning' },
    reason: 'as the critical one, after half a day, which is twelve minutes here',
  },
  {
    alert: 'PostgresTransactionIdsRunningOut',
    reason: 'a thousand million transactions cannot be made within the time; promtool tries it',
  },
];
