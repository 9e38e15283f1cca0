import { describe, expect, test } from 'vitest';
import {
  type Holder,
  hasAnywhere,
  hasPermission,
  isPlatformAdmin,
  PLATFORM,
} from './permissions.ts';

const holder = (p: string, s: string): Holder => ({ permissions: [{ p, s }] });
const DELETE = 'organization.delete';

describe('a permission', () => {
  test.each([
    ['acme', true],
    ['acme.west', true],
    ['acme.west.clinic', true],
    ['acme_two', false],
    ['acmeX', false],
    ['ACME', false],
    ['other', false],
    ['other.acme', false],
    [PLATFORM, false],
  ])('held in acme covers %j: %s', (path, covered) => {
    expect(hasPermission(holder(DELETE, 'acme'), DELETE, path)).toBe(covered);
  });

  test.each(['acme', 'acme.west', PLATFORM])('without a scope covers %j', (path) => {
    expect(hasPermission(holder(DELETE, ''), DELETE, path)).toBe(true);
  });

  test.each(['.', '..', 'acme.', '.acme', ' acme', 'acme.*', '*', '%', 'acme.west.'])(
    'held in %j, which is no path, covers nothing',
    (scope) => {
      for (const path of ['acme', 'acme.west', PLATFORM]) {
        expect(hasPermission(holder(DELETE, scope), DELETE, path)).toBe(false);
      }
    },
  );

  test('is implied by platform.admin within its scope, and by no other', () => {
    expect(hasPermission(holder('platform.admin', ''), DELETE, 'acme')).toBe(true);
    expect(hasPermission(holder('platform.admin', 'acme'), DELETE, 'acme.west')).toBe(true);
    expect(hasPermission(holder('platform.admin', 'acme'), DELETE, 'other')).toBe(false);
    expect(hasPermission(holder('organization.view', 'acme'), DELETE, 'acme')).toBe(false);
  });

  test('is held anywhere when it is held in any scope', () => {
    expect(hasAnywhere(holder(DELETE, 'acme'), DELETE)).toBe(true);
    expect(hasAnywhere(holder('platform.admin', 'acme'), DELETE)).toBe(true);
    expect(hasAnywhere(holder('organization.view', ''), DELETE)).toBe(false);
  });
});

test('a platform administrator has no scope', () => {
  expect(isPlatformAdmin(holder('platform.admin', ''))).toBe(true);
  expect(isPlatformAdmin(holder('platform.admin', 'acme'))).toBe(false);
  expect(isPlatformAdmin(holder(DELETE, ''))).toBe(false);
});
