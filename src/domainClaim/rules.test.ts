import { expect, test } from 'vitest';
import {
  challengeNameOf,
  challengeValueOf,
  domainOfEmail,
  normalizeDomain,
  refusalOfDomain,
} from './rules.ts';

const refusalOf = (domain: string) => refusalOfDomain(domain, 'a4c.example');

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

test('ignores case and a closing dot', () => {
  expect(normalizeDomain(' Sunrise.Example. ')).toBe('sunrise.example');
});

test("the proof's DNS name is below the domain, and its value contains the claim", () => {
  expect(challengeNameOf('sunrise.example')).toBe('_a4c-challenge.sunrise.example');
  expect(challengeValueOf('abc')).toBe('a4c-domain-verification=abc');
});

test.each([
  ['Ada@Sunrise.Example', 'sunrise.example'],
  ['ada@b@sunrise.example', undefined],
  ['sunrise.example', undefined],
  ['ada@', undefined],
])('the domain of %s is %s', (email, domain) => {
  expect(domainOfEmail(email)).toBe(domain);
});
