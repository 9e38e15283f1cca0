import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHolds, type Holds } from '#support/stack/holds.ts';
import { type Onboarding, startBootstrap, startOnboarding } from '#support/stack/onboarding.ts';
import { spawnWorker, startWorker } from '#support/stack/worker.ts';

let onboarding: Onboarding;
let holds: Holds;

beforeAll(async () => {
  onboarding = await startOnboarding();
  holds = await createHolds(onboarding.owner);
});
afterAll(() => onboarding.stop());

test('SIGTERM lets the activity under way end and reports it: nothing is tried again', async () => {
  const slug = 'drained';
  await holds.organization(slug, 'active');
  const worker = await spawnWorker(onboarding.workerEnv);
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
