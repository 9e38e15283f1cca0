import { expect, test } from 'vitest';
import { retryAfterMs } from './retryAfter.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');

test.each([
  ['seconds', '7', 7_000],
  ['zero', '0', 0],
  ['an HTTP date', 'Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
  ['a date that has passed', 'Wed, 25 Nov 2026 11:59:00 GMT', 0],
  ['nonsense', 'soon', undefined],
  ['nothing', null, undefined],
])('Retry-After of %s', (_name, value, expected) => {
  expect(retryAfterMs(value, NOW)).toBe(expected);
});
