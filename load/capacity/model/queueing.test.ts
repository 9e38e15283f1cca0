import { expect, test } from 'vitest';
import { insideOnAverage, interpolated, serversFor, shareThatWaits, slopeOf } from './queueing.ts';

test("Little's law: 500 an hour that stay for ten minutes are 83 at once", () => {
  expect(insideOnAverage(500 / 3600, 600)).toBeCloseTo(83.3, 1);
});

test('with one server the waiting probability is its utilisation', () => {
  expect(shareThatWaits(1, 0.6)).toBeCloseTo(0.6, 10);
});

test('Erlang C equals its closed form for two servers, and the published table', () => {
  // a² / (2 - a) · 1 / (1 + a + a² / (2 - a)), for a = 1.
  expect(shareThatWaits(2, 1)).toBeCloseTo(1 / 3, 10);
  expect(shareThatWaits(10, 8)).toBeCloseTo(0.409, 3);
});

test('all arrivals wait for overloaded servers, none for idle ones', () => {
  expect(shareThatWaits(3, 3)).toBe(1);
  expect(shareThatWaits(3, 0)).toBe(0);
});

test('finds the minimum number of servers, also of several hundred', () => {
  const servers = serversFor(300, 0.05);
  expect(shareThatWaits(servers, 300)).toBeLessThanOrEqual(0.05);
  expect(shareThatWaits(servers - 1, 300)).toBeGreaterThan(0.05);
  expect(serversFor(0.01, 0.05)).toBe(1);
});

test('interpolates between points, and uses the last value beyond them', () => {
  const points = [
    [0.9, 3],
    [0.3, 1],
  ] as const;
  expect(interpolated(points, 0.6)).toBeCloseTo(2, 10);
  expect(interpolated(points, 0.1)).toBe(1);
  expect(interpolated(points, 1)).toBe(3);
});

test('the slope is that of the least-squares line', () => {
  expect(
    slopeOf([
      [100, 10],
      [200, 14],
      [300, 16],
    ]),
  ).toBeCloseTo(0.03, 10);
});
