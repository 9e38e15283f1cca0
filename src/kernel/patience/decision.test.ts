import { describe, expect, test } from 'vitest';
import { type Attempt, decide, type Memory, type Policy } from './decision.ts';
import { PATIENCE_ROWS } from './table.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const HOUR_MS = 60 * 60_000;
const USUAL = { scale: 1, insistsMs: 0 };

const limited: Attempt = { provider: 'cloudflare', reason: 'rate_limited' };
const unusable: Attempt = { provider: 'cloudflare', reason: 'unexpected' };
const refused: Attempt = { provider: 'cloudflare', reason: 'rejected' };

interface Given extends Partial<Policy> {
  now?: number;
  random?: number;
}
const decided = (
  attempt: Attempt,
  former?: Memory,
  { now = NOW, random = 0.5, ...policy }: Given = {},
) => decide(attempt, former, { ...USUAL, ...policy }, { now, random });

/** Decides about one attempt after another. */
function inARow(...attempts: Attempt[]) {
  let memory: Memory | undefined;
  return attempts.map((attempt) => {
    const decision = decided(attempt, memory);
    memory = decision.memory;
    return decision;
  });
}

test('the seed: DNS configuration gives up at the third failure, and waits are none', () => {
  const again = inARow(unusable, limited, unusable, limited, limited, unusable).map(
    (decision) => decision.again,
  );
  expect(again).toEqual([true, true, true, true, true, false]);
});

test('a refusal ends at once', () => {
  expect(decided(refused)).toMatchObject({ again: false, waits: false });
});

describe('who insists', () => {
  const insisting = { insistsMs: HOUR_MS };
  const WAITS = PATIENCE_ROWS.filter(({ row }) => row.does === 'wait');
  const FAILURES = PATIENCE_ROWS.filter(({ row }) => row.does !== 'wait');

  test('tries failures again until the limit, counted from the first since the last wait', () => {
    for (const { provider, reason } of FAILURES) {
      const many = { provider, reason, times: 99, sinceMs: NOW - 1, failures: 99 };
      const former: Memory = { ...many, failingSinceMs: NOW - HOUR_MS + 1 };
      const before = decided({ provider, reason }, former, insisting);
      expect(before).toMatchObject({ again: true, waits: false, untilMs: NOW + 1 });
      const at = decided({ provider, reason }, former, { ...insisting, now: NOW + 1 });
      expect(at.again).toBe(false);
    }
    const { memory } = decided(limited, { ...decided(refused).memory }, insisting);
    const later = { ...insisting, now: NOW + 5 * HOUR_MS };
    expect(decided(refused, memory, later)).toMatchObject({ again: true });
  });

  test('waits as everybody: the limit of failures neither shortens a wait nor prolongs it', () => {
    for (const { provider, reason } of WAITS) {
      const { memory, untilMs } = decided({ provider, reason }, undefined, insisting);
      expect(decided({ provider, reason }).untilMs).toBe(untilMs);
      for (const [now, again] of [
        [untilMs! - 1, true],
        [untilMs!, false],
      ] as const) {
        expect(decided({ provider, reason }, memory, { ...insisting, now }).again).toBe(again);
      }
    }
  });
});

test('a wait ends when its hours are over, counted from the first such answer in a row', () => {
  const { memory, untilMs } = decided(limited);
  expect(untilMs).toBe(NOW + 12 * HOUR_MS);
  expect(decided(limited, memory, { now: NOW + 12 * HOUR_MS - 1 }).again).toBe(true);
  expect(decided(limited, memory, { now: NOW + 12 * HOUR_MS }).again).toBe(false);
  const other = decided({ provider: 'cloudflare', reason: 'transport' }, memory, {
    now: NOW + 11 * HOUR_MS,
  });
  expect(other.untilMs).toBe(NOW + 23 * HOUR_MS);
});

test('pauses double up to the longest, differ by a quarter, and shrink with the scale', () => {
  const pauses = inARow(...Array.from({ length: 7 }, () => limited)).map(({ pauseMs }) => pauseMs);
  expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 120_000, 120_000, 120_000]);
  expect(decided(limited, undefined, { random: 0 }).pauseMs).toBe(7_500);
  expect(decided(limited, undefined, { random: 1 }).pauseMs).toBe(12_500);
  expect(decided(limited, undefined, { scale: 0.01 }).pauseMs).toBe(100);
});

test('nobody comes before the time that the provider names, up to an hour', () => {
  const asked = (retryAfterMs: number, random = 0) =>
    decided({ ...limited, retryAfterMs }, undefined, { random }).pauseMs;
  expect(asked(60_000)).toBe(60_000);
  expect(asked(60_000, 1)).toBeGreaterThan(60_000);
  expect(asked(24 * HOUR_MS)).toBe(HOUR_MS);
  expect(asked(1)).toBe(7_500);
});
