import { expect, test, vi } from 'vitest';
import type { Arena } from './arena.ts';
import { needed, nothing } from './faults/fault.ts';
import { play, type TrialScene } from './trial.ts';

const scene: TrialScene = {
  arena: {} as Arena,
  beforeMs: 0,
  faultMs: 0,
  momentMs: 0,
  afterMs: 0,
  settleMs: 0,
  ignored: new Set(),
  onLoad: () => expect.fail('there is no load for it'),
};

const possible = { name: 'rain', part: 'sky', inject: async () => nothing };

test('a fault that cannot be made here is told with its reason, before there is any load', async () => {
  const inject = vi.fn(possible.inject);
  const requires = () => needed(Promise.reject(new Error('there is no cloud')));
  const impossible = { ...possible, name: 'hail', inject, requires };
  expect(await play([possible, impossible], scene)).toEqual({
    fault: 'rain + hail',
    unplayable: 'there is no cloud',
  });
  expect(inject).not.toHaveBeenCalled();
});

test('a means that fails in another way is an error', async () => {
  const requires = () => Promise.reject(new Error('a mistake'));
  await expect(play([{ ...possible, requires }], scene)).rejects.toThrow('a mistake');
});
