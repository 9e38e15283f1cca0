import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firstOf, installAt } from './toolSources.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tools-'));
});
afterEach(() => rm(folder, { recursive: true }));

const fails = (message: string) => async () => {
  throw new Error(message);
};

test('uses the first source that has the tool, and asks no later one', async () => {
  const sources = [
    { name: 'one', find: fails('not here') },
    { name: 'two', find: async () => 'found' },
    { name: 'three', find: fails('asked in vain') },
  ];
  expect(await firstOf(sources, 'none')).toBe('found');
});

test('lists the reason of each source when none has the tool', async () => {
  const sources = [
    { name: 'PATH', find: fails('spawn ENOENT') },
    { name: 'Debian', find: fails('first line\nUnable to locate package') },
  ];
  await expect(firstOf(sources, 'no tool')).rejects.toThrow(
    'no tool. Tried:\n  PATH: spawn ENOENT\n  Debian: Unable to locate package',
  );
});

test('a failed installation leaves no files', async () => {
  const cached = path.join(folder, 'tool');
  await expect(
    installAt(cached, async (at) => {
      await writeFile(path.join(at, 'half'), '');
      throw new Error('interrupted');
    }),
  ).rejects.toThrow('interrupted');
  expect(await readdir(folder)).toEqual([]);
  await installAt(cached, async (at) => {
    await writeFile(path.join(at, 'whole'), '');
    return path.join(at, 'whole');
  });
  await access(cached);
  expect(await readdir(folder)).toEqual(['tool']);
});

test('of two installations at once the first is kept, and both return it', async () => {
  const cached = path.join(folder, 'tool');
  const first = Promise.withResolvers<void>();
  const install = (name: string, ready: Promise<void>) => async (at: string) => {
    const made = path.join(at, 'made');
    await mkdir(made);
    await writeFile(path.join(made, name), '');
    await ready;
    return made;
  };
  const slower = installAt(cached, install('slower', first.promise));
  await installAt(cached, install('faster', Promise.resolve()));
  first.resolve();
  expect(await slower).toBe(cached);
  expect(await readdir(cached)).toEqual(['faster']);
});
