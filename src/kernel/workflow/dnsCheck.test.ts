import { expect, test } from 'vitest';
import { judgeDns, pauseAfter, quorumOf, type ResolverVerdict } from './dnsCheck.ts';

const answers = (...verdicts: ResolverVerdict[]) =>
  verdicts.map((verdict, index) => ({ resolver: `r${index}`, verdict }));

test.each([
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [5, 3],
])('of %i resolvers %i are a quorum', (resolvers, quorum) => {
  expect(quorumOf(resolvers)).toBe(quorum);
});

test.each<[ResolverVerdict[], boolean]>([
  [['found', 'found', 'found'], true],
  [['found', 'found', 'error'], true],
  [['found', 'not_found', 'found'], true],
  [['found', 'not_found', 'error'], false],
  [['mismatch', 'mismatch', 'found'], false],
  [[], false],
])('%j is verified: %s', (verdicts, verified) => {
  expect(judgeDns(answers(...verdicts)).verified).toBe(verified);
});

test('the last pause of the table is repeated', () => {
  const table = [10, 20, 40];
  expect([1, 2, 3, 4, 9].map((attempt) => pauseAfter(attempt, table))).toEqual([
    10, 20, 40, 40, 40,
  ]);
  expect(pauseAfter(1, [])).toBe(0);
});
