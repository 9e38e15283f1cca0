import { expect, test } from 'vitest';
import { expiryOf } from './rules.ts';

test('an invitation expires after seven days', () => {
  expect(expiryOf('2026-11-25T10:00:00.000Z')).toBe('2026-12-02T10:00:00.000Z');
});
