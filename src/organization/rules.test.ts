import { describe, expect, test } from 'vitest';
import { SUBDOMAIN_PATTERN } from '#kernel/input/subdomain.ts';
import { fqdnOf, orgPath, pathLabel, slugFor } from './rules.ts';

describe('slugFor', () => {
  test.each([
    ['Sunrise Clinic', undefined, 'sunrise-clinic'],
    ['Sunrise Clinic', 'sunrise', 'sunrise'],
    ['Ärztehaus Müller & Söhne', undefined, 'arztehaus-muller-sohne'],
    ['  --A--  ', undefined, 'a'],
    ['***', undefined, ''],
  ])('%s with subdomain %s is %s', (name, subdomain, slug) => {
    expect(slugFor(name, subdomain)).toBe(slug);
  });

  test('shortens a long name to one DNS label', () => {
    const slug = slugFor(`${'long '.repeat(40)}`);
    expect(slug).toMatch(SUBDOMAIN_PATTERN);
    expect(slug.length).toBeLessThanOrEqual(63);
  });
});

test('path labels have no hyphen, and two slugs never meet in one', () => {
  expect(pathLabel('a-b-c')).toBe('a_b_c');
  expect(orgPath('a-b')).toBe('a_b');
  expect(orgPath('a-b', 'root.parent')).toBe('root.parent.a_b');
});

test.each([
  ['acme', true],
  ['a', true],
  ['a-b', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['-a', false],
  ['a-', false],
  ['A', false],
  ['a.b', false],
  ['a_b', false],
])('%s is a subdomain: %s', (name, valid) => {
  expect(SUBDOMAIN_PATTERN.test(name)).toBe(valid);
});

test('a domain is the subdomain under the whole base domain', () => {
  expect(fqdnOf('acme', 'clinics.co.uk')).toBe('acme.clinics.co.uk');
});
