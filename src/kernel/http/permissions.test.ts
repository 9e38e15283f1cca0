import { describe, expect, test } from 'vitest';
import { type Holder, hasPermission, requirePermission } from './permissions.ts';

describe('a permission', () => {
  const caller = (p: string, s: string): Holder => ({ permissions: [{ p, s }] });

  test.each([
    ['acme', true],
    ['acme.west', true],
    ['acme.west.clinic', true],
    ['acme_two', false],
    ['other', false],
    ['other.acme', false],
    ['', false],
  ])('held in acme holds at %j: %s', (path, holds) => {
    expect(hasPermission(caller('organization.delete', 'acme'), 'organization.delete', path)).toBe(
      holds,
    );
  });

  test('without a scope is held for no path', () => {
    expect(hasPermission(caller('organization.delete', ''), 'organization.delete', 'acme')).toBe(
      false,
    );
  });

  test('is implied by platform.admin, and by no other permission', () => {
    expect(hasPermission(caller('platform.admin', ''), 'organization.delete', 'acme')).toBe(true);
    expect(hasPermission(caller('organization.view', 'acme'), 'organization.delete')).toBe(false);
  });

  test('that is missing returns 403', () => {
    const attempt = () => requirePermission(caller('organization.view', 'acme'), 'organization.x');
    expect(attempt).toThrow(expect.objectContaining({ status: 403, code: 'forbidden' }));
  });
});
