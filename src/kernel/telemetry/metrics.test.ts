import { expect, test } from 'vitest';
import { KERNEL_METRICS } from './kernelMetrics.ts';
import { createMetrics } from './metrics.ts';

test('a hanging collector does not delay a scrape, and is not called again meanwhile', async () => {
  const metrics = createMetrics('api', KERNEL_METRICS);
  let asked = 0;
  metrics.onScrape(() => {
    asked++;
    return new Promise<void>(() => {});
  });
  let waiting = 0;
  metrics.onScrape(() => metrics.set('pg_pool_waiting', {}, ++waiting));
  await metrics.expose(undefined, '0.1');
  const { body } = await metrics.expose(undefined, '0.1');
  expect(body).toContain('pg_pool_waiting 2');
  expect(asked).toBe(1);
});

test('a failing collector loses only its own series', async () => {
  const metrics = createMetrics('api', KERNEL_METRICS);
  metrics.onScrape(() => {
    throw new Error('injected');
  });
  metrics.onScrape(() => metrics.set('pg_pool_waiting', {}, 7));
  expect((await metrics.expose(undefined)).body).toContain('pg_pool_waiting 7');
});
