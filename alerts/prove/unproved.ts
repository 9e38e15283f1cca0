/** Rules that no scenario raises, each with the reason. */
import { OBJECTIVES } from '#alerts/src/objectives.ts';
import type { ProvedAlert } from './scenario.ts';

export interface UnprovedAlert extends ProvedAlert {
  reason: string;
}

/** The longer windows of the burn-rate alerts; for the pair 1h/5m there are scenarios. */
const LONGER_WINDOWS = ['6h', '1d', '3d'];

export const UNPROVED: readonly UnprovedAlert[] = OBJECTIVES.flatMap(({ alert }) =>
  LONGER_WINDOWS.map((long) => ({
    alert,
    labels: { long },
    reason: 'differs from the pair 1h/5m in its windows and rate alone, and is tried by promtool',
  })),
);
