import { expect, test } from 'vitest';
import { useHolds } from '#support/stack/holds.ts';
import { startBootstrap, useOnboarding } from '#support/stack/onboarding.ts';
import { startWorker, useWorkers } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const holds = useHolds(onboarding);
const workers = useWorkers(onboarding);

test('SIGTERM lets the activity under way end and reports it: nothing is tried again', async () => {
  const slug = 'drained';
  await holds.organization(slug, 'active');
  const worker = await workers.spawn();
  const run = await startBootstrap(onboarding, { slug });
  await expect.poll(() => holds.stopped()).toBe(1);

  const ended = worker.kill('SIGTERM');
  await expect.poll(() => worker.output()).toContain('DRAINING');
  await holds.releaseAll();
  expect(await ended).toBe(0);
  const activated = (await run.eventTypes()).filter((type) => type === 'organization.activated');
  expect(activated).toHaveLength(1);

  const stopNext = startWorker(onboarding.workerEnv);
  await run.handle.result();
  await stopNext();
  const { events = [] } = await run.handle.fetchHistory();
  const attempts = (events ?? []).flatMap(
    ({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [],
  );
  expect(new Set(attempts)).toEqual(new Set([1]));
});
