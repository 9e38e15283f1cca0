import { expect, test } from 'vitest';
import { eventId } from './eventId.ts';

const parts = {
  requestedAt: '2026-11-25T10:00:00.000Z',
  workflowId: 'org-bootstrap-1',
  step: 'organization.created:1',
  ordinal: 0,
};

test('is a UUIDv8, the same for the same step of the same workflow', () => {
  expect(eventId(parts)).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(eventId({ ...parts })).toBe(eventId(parts));
});

test('differs by workflow, step and ordinal', () => {
  const ids = [
    parts,
    { ...parts, workflowId: 'org-bootstrap-2' },
    { ...parts, step: 'organization.activated:1' },
    { ...parts, ordinal: 1 },
  ].map(eventId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('begins with the request time and sorts by it', () => {
  const milliseconds = Date.parse(parts.requestedAt).toString(16).padStart(12, '0');
  expect(eventId(parts).replaceAll('-', '').slice(0, 12)).toBe(milliseconds);
  const later = eventId({ ...parts, requestedAt: '2026-11-25T10:00:00.001Z' });
  expect([later, eventId(parts)].sort()).toEqual([eventId(parts), later]);
});
