import { expect, test } from 'vitest';
import { createBoundedStops } from './boundedStops.ts';

test('stops all in reverse order, and names those that did not', async () => {
  const stops = createBoundedStops(20);
  const stopped: string[] = [];
  stops.push('first', async () => stopped.push('first'));
  stops.push('silent', () => new Promise(() => {}));
  stops.push('broken', () => Promise.reject(new Error('it is gone')));
  stops.push('last', async () => stopped.push('last'));
  expect(await stops.stopAll()).toEqual([
    'broken did not stop: it is gone',
    'silent did not stop within 0.02 s',
  ]);
  expect(stopped).toEqual(['last', 'first']);
  expect(await stops.stopAll()).toEqual([]);
});
