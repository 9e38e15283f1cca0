import { expect, test } from 'vitest';
import { middleRate } from './drain.ts';
import { activeP95s, kneeOf, type RampStep } from './knee.ts';

const LIMITS = { kneeP95Ms: 1_000, kneeRunMs: 15_000 };
const step = (rate: number, change: Partial<RampStep> = {}): RampStep => ({
  rate,
  accepted: 10,
  dropped: 0,
  startP95Ms: 50,
  inFlightMs: 2_000,
  ...change,
});
const unreached = (rate: number) =>
  step(rate, { accepted: 0, startP95Ms: 0, inFlightMs: undefined });

test('the knee is between the last sustained rate and the first that was not', () => {
  const steps = [step(1), step(2), step(4, { startP95Ms: 1_200 }), step(8)];
  expect(kneeOf(steps, LIMITS)).toEqual({
    holds: 2,
    breaks: 4,
    because: 'the p95 until the start is 1200 ms, and may be 1000 ms',
  });
});

test('a growing number of runs breaks a rate whose responses are still fast', () => {
  const { breaks, because } = kneeOf([step(1), step(2, { inFlightMs: 15_400 })], LIMITS);
  expect(breaks).toBe(2);
  expect(because).toContain('the work of 15.4 s');
});

test('requests without a virtual user break a rate', () => {
  expect(kneeOf([step(1, { dropped: 3 })], LIMITS)).toMatchObject({ holds: undefined, breaks: 1 });
});

test('ignores rates that were not reached', () => {
  const found = kneeOf([step(1), step(2), unreached(4)], LIMITS);
  expect(found).toEqual({ holds: 2, breaks: undefined, because: undefined });
});

test("without the API's metrics, only the response times count", () => {
  const hidden = { inFlightMs: undefined };
  expect(kneeOf([step(1, hidden), step(2, hidden)], LIMITS).holds).toBe(2);
});

test('organizations that become active late break a rate whose starts are fast', () => {
  const late = { ...LIMITS, kneeActiveMs: 15_000 };
  const steps = [step(1, { activeP95Ms: 4_000 }), step(2, { activeP95Ms: 27_000 })];
  expect(kneeOf(steps, late)).toEqual({
    holds: 1,
    breaks: 2,
    because: 'the p95 until the organization is active is 27.0 s, and may be 15 s',
  });
  expect(kneeOf(steps, LIMITS).breaks).toBeUndefined();
});

test('each run counts in the step in which it was requested', () => {
  const run = (requestedAt: number, ms?: number) => ({
    requestedAt,
    completedAt: ms && requestedAt + ms,
  });
  const runs = [run(5_000, 100), run(14_999, 100), run(15_000, 900), run(16_000), run(26_000, 7)];
  expect(activeP95s(runs, 2, 10_000)).toEqual([100, 900]);
  expect(activeP95s([run(0)], 2, 10_000)).toEqual([undefined, undefined]);
});

test('the drain rate is that of the middle, in any order of runs', () => {
  const steady = Array.from({ length: 100 }, (_, index) => 10_000 + index * 250);
  const slowEnds = [0, ...steady.slice(1, -1), 90_000].toReversed();
  expect(middleRate(slowEnds)).toBeCloseTo(4, 5);
});

test('few runs, or runs that end at the same time, have no drain rate', () => {
  expect(middleRate([1, 2, 3])).toBeUndefined();
  expect(middleRate(Array.from({ length: 50 }, () => 7))).toBeUndefined();
});
