import { expect, test } from 'vitest';
import type { BegunRole } from '#dev/embedded/processes.ts';
import { keepRoles } from './roles.ts';

/** Processes that end when the test says so. */
function stand() {
  const begun: (BegunRole & { end(): void })[] = [];
  const roles = keepRoles(async () => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const one = {
      pid: begun.length + 1,
      logFile: '',
      ended,
      end,
      ready: async () => {},
      stop: async () => end(),
    };
    begun.push(one);
    return one;
  });
  return { roles, begun };
}

test('a role that ends by itself is started again, and told', async () => {
  const { roles, begun } = stand();
  await roles.revive('worker');
  begun[0]!.end();
  await expect.poll(() => begun.length, { timeout: 5_000 }).toBe(2);
  expect(roles.takeDeaths()).toEqual(['worker']);
  expect(roles.takeDeaths()).toEqual([]);
  await roles.kill('worker');
});

test('one that was killed stays away until it is revived', async () => {
  const { roles, begun } = stand();
  await roles.revive('api');
  await roles.kill('api');
  expect(begun).toHaveLength(1);
  await roles.revive('api');
  expect(roles.pidOf('api')).toBe(2);
  expect(roles.takeDeaths()).toEqual([]);
  await roles.kill('api');
});

test('reviving one that runs leaves one of it', async () => {
  const { roles, begun } = stand();
  await roles.revive('api');
  await roles.revive('api');
  await begun[0]!.ended;
  expect(begun).toHaveLength(2);
  await roles.kill('api');
});
