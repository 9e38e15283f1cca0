/**
 * The factor by which `npm run prove:alerts` shortens rules. Every range, every `for` and every age
 * that a rule compares with is scaled here. The committed files are not shortened.
 */

export type Duration = `${number}${'s' | 'm' | 'h' | 'd'}`;

export interface TimeScale {
  factor: number;
  /** A range or a `for`, in PromQL's syntax. */
  span(duration: Duration): string;
  /** A duration in seconds, for comparisons. */
  seconds(duration: Duration): number;
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

export function secondsOf(duration: Duration): number {
  const unit = duration.at(-1) as keyof typeof SECONDS;
  return Number(duration.slice(0, -1)) * SECONDS[unit];
}

/** @param factor 60 turns each minute into a second. */
export function createTimeScale(factor = 1): TimeScale {
  const seconds = (duration: Duration) => secondsOf(duration) / factor;
  const span = (duration: Duration) =>
    factor === 1 ? duration : `${Math.max(1, Math.round(seconds(duration)))}s`;
  return { factor, span, seconds };
}
