/** Decides what follows from one failed attempt: another one after a pause, or the end. */
import { PATIENCE_ROWS, type Patience, type Waited, type WaitedKind } from './table.ts';

/** What is remembered from attempt to attempt. */
export interface Memory {
  /** The error that came last, how often in a row, and when first. */
  provider: Waited;
  reason: WaitedKind;
  times: number;
  sinceMs: number;
  /** Failures so far, not in a row. */
  failures: number;
  /** When the first failure since the last wait was; undefined while none is. */
  failingSinceMs?: number | undefined;
}

export interface Policy {
  /** Pauses are multiplied by it: tests wait fractions of seconds. */
  scale: number;
  /** How long refusals and failures are tried again, too; 0 for activities that take them as they are. */
  insistsMs: number;
}

export interface Attempt {
  provider: Waited;
  reason: WaitedKind;
  /** The pause that the provider asked for. */
  retryAfterMs?: number | undefined;
}

export interface Decision {
  again: boolean;
  /** True when the attempt was no failure: it is waited out. */
  waits: boolean;
  pauseMs: number;
  /** Until when it is waited for; undefined when no time limits it. */
  untilMs: number | undefined;
  memory: Memory;
}

/** A provider that asks for more than this is asked again nevertheless. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;
/** Pauses differ by this share, so that runs that failed together do not come back together. */
const JITTER = 0.25;
const SHORTEST_PAUSE_MS = 20;
/** The pauses of a refusal that is tried again nevertheless. */
const INSISTING = { firstMs: 10_000, maxMs: 60_000 };

export const rowOf = ({ provider, reason }: Attempt): Patience =>
  PATIENCE_ROWS.find((one) => one.provider === provider && one.reason === reason)!.row;

/** Doubles from the first pause to the last one. */
function pauseOf(
  { firstMs, maxMs }: { firstMs: number; maxMs: number },
  times: number,
  { scale }: Policy,
  random: number,
): number {
  const pause = Math.min(firstMs * 2 ** Math.min(times - 1, 20), maxMs) * scale;
  return Math.max(SHORTEST_PAUSE_MS, Math.round(pause * (1 - JITTER + 2 * JITTER * random)));
}

/** @param random from 0 to 1, for the jitter. */
export function decide(
  attempt: Attempt,
  former: Memory | undefined,
  policy: Policy,
  { now = Date.now(), random = Math.random() } = {},
): Decision {
  const { provider, reason, retryAfterMs = 0 } = attempt;
  const row = rowOf(attempt);
  const waits = row.does === 'wait';
  const inARow = former?.provider === provider && former.reason === reason;
  const memory: Memory = {
    provider,
    reason,
    times: inARow ? former.times + 1 : 1,
    sinceMs: inARow ? former.sinceMs : now,
    failures: (former?.failures ?? 0) + (waits ? 0 : 1),
    failingSinceMs: waits ? undefined : (former?.failingSinceMs ?? now),
  };
  const pauses = row.does === 'end' ? INSISTING : row;
  const own = pauseOf(pauses, memory.times, policy, random);
  const asked = Math.min(retryAfterMs, MAX_RETRY_AFTER_MS);
  // Jitter is added to what the provider asked for: nobody may come earlier.
  const pauseMs = asked > 0 ? Math.max(own, asked + Math.round(own * random * JITTER)) : own;
  const untilMs = limitOf(row, memory, policy);
  const again =
    (untilMs !== undefined && now < untilMs) ||
    (row.does === 'count' && memory.failures < row.attempts);
  return { again, waits, pauseMs, untilMs, memory };
}

/** Until when there is another attempt, whatever came before; undefined when no time says so. */
function limitOf(
  row: Patience,
  { sinceMs, failingSinceMs = sinceMs }: Memory,
  { insistsMs }: Policy,
): number | undefined {
  if (row.does === 'wait') return sinceMs + row.limitMs;
  return insistsMs > 0 ? failingSinceMs + insistsMs : undefined;
}
