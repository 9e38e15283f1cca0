import { expect, test } from 'vitest';
import { drainRate } from './drain.ts';

test('runs that all end at the end were as slow as the whole drain', () => {
  const since = new Date('2026-01-01T10:00:00Z');
  const at = (second: number) => since.getTime() + second * 1000;
  expect(drainRate(since, [at(9), at(9.5), at(10), at(9.9)])).toBeCloseTo(0.4, 10);
});
