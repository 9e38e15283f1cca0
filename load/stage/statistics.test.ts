import { describe, expect, test } from 'vitest';
import { drainRate, median, quantile, spreadOf } from './statistics.ts';

describe('statistics', () => {
  test('quantiles are measured values, by nearest rank', () => {
    const values = [5, 1, 4, 2, 3];
    expect(median(values)).toBe(3);
    expect(quantile(values, 0.99)).toBe(5);
    expect(quantile(values, 0)).toBe(1);
    expect(values).toEqual([5, 1, 4, 2, 3]);
    expect(() => quantile([], 0.5)).toThrow('no values');
  });

  test('a spread has the median between minimum and maximum', () => {
    expect(spreadOf([3, 9, 1])).toEqual({ median: 3, min: 1, max: 9 });
  });

  test('a rate is that of the whole drain, even when most runs end late', () => {
    const late = Array.from({ length: 20 }, (_, index) => 19_000 + index * 50);
    expect(drainRate(new Date(0), [...late, 20_000])).toBeCloseTo(21 / 20);
  });
});
