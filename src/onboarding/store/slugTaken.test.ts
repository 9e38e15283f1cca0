import { expect, test } from 'vitest';
import { EventNotProjectedError } from '#kernel/eventStore/storeError.ts';
import { isSlugTaken } from './slugTaken.ts';

test('distinguishes a taken slug from other violated constraints', () => {
  const violated = (constraint: string) =>
    new EventNotProjectedError('t', 'id', `23505: duplicate key (constraint ${constraint})`);
  expect(isSlugTaken(violated('organizations_projection_slug_live'))).toBe(true);
  expect(isSlugTaken(violated('organizations_projection_pkey'))).toBe(false);
  expect(isSlugTaken(new Error('other'))).toBe(false);
});
