import { expect, test } from 'vitest';
import { createTraceShare, isExported, showExportedTraces } from './exportedTraces.ts';

const TRACES = Array.from({ length: 200 }, (_, index) =>
  ((index + 1) * 2654435761).toString(16).padStart(32, '0'),
);

test('no trace is exported before the process exports any', () => {
  expect(TRACES.some(isExported)).toBe(false);
});

test('the share is chosen by the id, the same in every process', () => {
  const isInShare = createTraceShare(0.5);
  showExportedTraces(0.5);
  for (const id of TRACES) expect(isExported(id)).toBe(isInShare(id));
  expect(TRACES.every(createTraceShare(1))).toBe(true);
  expect(TRACES.some(createTraceShare(0))).toBe(false);
});
