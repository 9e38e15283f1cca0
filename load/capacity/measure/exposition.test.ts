import { expect, test } from 'vitest';
import { histogramOf, meanOf, observedBetween, quantileUpTo } from './exposition.ts';

const exposed = (few: number, more: number, sum: number) => `# TYPE wait_seconds histogram
wait_seconds_bucket{queue="a",le="0.1"} ${few}
wait_seconds_bucket{queue="a",le="1"} ${more}
wait_seconds_bucket{queue="a",le="+Inf"} ${more}
wait_seconds_sum{queue="a"} ${sum}
wait_seconds_count{queue="a"} ${more}
wait_seconds_bucket{le="0.1",queue="b"} 1
wait_seconds_bucket{le="1",queue="b"} 1
wait_seconds_bucket{le="+Inf",queue="b"} 1
wait_seconds_sum{queue="b"} 0.05
wait_seconds_count{queue="b"} 1
wait_seconds_other_count 7
`;

test('adds up the series of a histogram', () => {
  expect(histogramOf(exposed(4, 5, 1.2), 'wait_seconds')).toEqual({
    count: 6,
    sum: 1.25,
    buckets: [
      [0.1, 5],
      [1, 6],
      [Number.POSITIVE_INFINITY, 6],
    ],
  });
});

test('returns mean and quantile bound of the observations between two readings', () => {
  const [before, after] = [exposed(4, 5, 1.2), exposed(94, 105, 11.2)].map((text) =>
    histogramOf(text, 'wait_seconds'),
  );
  const observed = observedBetween(before!, after!);
  expect(observed.count).toBe(100);
  expect(meanOf(observed)).toBeCloseTo(0.1, 10);
  expect(quantileUpTo(observed, 0.9)).toBe(0.1);
  expect(quantileUpTo(observed, 0.95)).toBe(1);
});

test('a missing histogram has no observations', () => {
  const none = histogramOf('', 'wait_seconds');
  expect(meanOf(none)).toBe(0);
  expect(quantileUpTo(none, 0.95)).toBe(0);
});
