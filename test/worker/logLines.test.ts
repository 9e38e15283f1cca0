import { expect, test } from 'vitest';
import { useHolds } from '#support/stack/holds.ts';
import { startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const holds = useHolds(onboarding);
const workers = useWorkers(onboarding);

test('the lines of the SDK’s core are JSON like ours', async () => {
  const slug = 'cut-off';
  await holds.organization(slug, 'active');
  const worker = await workers.spawn();
  const run = await startBootstrap(onboarding, { slug });
  await expect.poll(() => holds.stopped()).toBe(1);
  // The core warns of an activity that ends after its run.
  await run.handle.terminate('by a test');
  await holds.releaseAll();
  await expect.poll(() => worker.output()).toMatch(/not found/i);
  await worker.kill('SIGTERM');
  const other = worker
    .output()
    .split('\n')
    .filter((line) => line && !line.startsWith('{"level"'));
  expect(other).toEqual([]);
});
