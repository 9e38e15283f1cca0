import { expect, test } from 'vitest';
import { asciiDomain } from '#kernel/input/domain.ts';
import { challengeNameOf, challengeValueOf, refusalOfDomain } from './rules.ts';

const refusalOf = (domain: string) => refusalOfDomain(asciiDomain(domain), 'a4c.example');

test.each([
  'sunrise.example',
  'clinic.co.uk',
  'xn--bcher-kva.example',
  'a-b.example.org',
  'a4c-b.example',
])('%s may be claimed', (domain) => {
  expect(refusalOf(domain)).toBeUndefined();
});

test.each([
  ['com', 'malformed'],
  ['', 'malformed'],
  ['-a.example', 'malformed'],
  ['a..example', 'malformed'],
  ['192.0.2.1', 'malformed'],
  ['under_score.example', 'malformed'],
  [`${'a'.repeat(64)}.example`, 'malformed'],
  ['gmail.com', 'consumer'],
  ['outlook.com', 'consumer'],
  ['a4c.example', 'platform'],
  ['clinic.a4c.example', 'platform'],
])('refuses %s as %s', (domain, refusal) => {
  expect(refusalOf(domain)).toBe(refusal);
});

test("the proof's DNS name is below the domain, and its value contains the claim", () => {
  expect(challengeNameOf('sunrise.example')).toBe('_a4c-challenge.sunrise.example');
  expect(challengeValueOf('abc')).toBe('a4c-domain-verification=abc');
});
