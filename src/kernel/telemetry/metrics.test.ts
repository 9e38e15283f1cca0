import { expect, test } from 'vitest';
import { KERNEL_METRICS } from './kernelMetrics.ts';
import { createMetrics } from './metrics.ts';

test('a collector that hangs does not hold up a scrape, and is not asked again meanwhile', async () => {
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

test('a collector that fails loses its own series alone', async () => {
  const metrics = createMetrics('api', KERNEL_METRICS);
  metrics.onScrape(() => {
    throw new Error('injected');
  });
  metrics.onScrape(() => metrics.set('pg_pool_waiting', {}, 7));
  expect((await metrics.expose(undefined)).body).toContain('pg_pool_waiting 7');
});
