import { expect, test } from 'vitest';
import { EventNotProjectedError, isRetryableSqlState, isSlugTaken } from './storeError.ts';

test.each([
  ['40001', true, 'serialization failure'],
  ['40P01', true, 'deadlock'],
  ['55P03', true, 'lock not available'],
  ['57P01', true, 'administrator shut the server down'],
  ['08006', true, 'connection failure'],
  ['53300', true, 'too many connections'],
  ['23505', false, 'unique violation'],
  ['22P02', false, 'invalid text representation'],
  ['A4C01', false, 'unknown event type'],
  ['A4C02', false, 'no such row'],
])('%s is retryable: %s (%s)', (sqlState, retryable) => {
  expect(isRetryableSqlState(sqlState)).toBe(retryable);
  const reason = `${sqlState}: it failed`;
  expect(new EventNotProjectedError('organization.created', 'id', reason)).toMatchObject({
    sqlState,
    retryable,
  });
});

test('tells a taken slug from another violated constraint', () => {
  const violated = (constraint: string) =>
    new EventNotProjectedError('t', 'id', `23505: duplicate key (constraint ${constraint})`);
  expect(isSlugTaken(violated('organizations_projection_slug_live'))).toBe(true);
  expect(isSlugTaken(violated('organizations_projection_pkey'))).toBe(false);
  expect(isSlugTaken(new Error('other'))).toBe(false);
});
