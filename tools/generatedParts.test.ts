import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { differencesOf, type GeneratedPart, settle } from './generatedParts.ts';

const execute = promisify(execFile);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'generated-'));
});
afterEach(() => rm(root, { recursive: true }));

const part = (files: Record<string, string>): GeneratedPart => ({
  name: 'part',
  what: '',
  files: () => new Map(Object.entries(files)),
  owns: 'out/*.json',
});
const write = async (file: string, content: string) => {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), content);
};

test('reports no difference when the files are as generated', async () => {
  await write('out/a.json', '1');
  await write('out/by-hand.txt', 'not ours');
  expect(await differencesOf(part({ 'out/a.json': '1' }), root)).toEqual([]);
});

test('reports a missing file, a changed file and a file that is no longer generated', async () => {
  await write('out/changed.json', 'by hand');
  await write('out/old.json', '1');
  const made = part({ 'out/new.json': '2', 'out/changed.json': '3' });
  expect(await differencesOf(made, root)).toEqual([
    { file: 'out/new.json', content: '2' },
    { file: 'out/changed.json', content: '3' },
    { file: 'out/old.json', content: undefined },
  ]);
});

test('settle() removes all differences and keeps files of others', async () => {
  await write('out/old.json', '1');
  await write('out/by-hand.txt', 'not ours');
  const made = part({ 'out/deep/new.json': '2' });
  await settle(await differencesOf(made, root), root);
  expect(await differencesOf(made, root)).toEqual([]);
  expect((await readdir(path.join(root, 'out'))).sort()).toEqual(['by-hand.txt', 'deep']);
  expect(await readFile(path.join(root, 'out/deep/new.json'), 'utf8')).toBe('2');
});

test('the command names the unknown part and lists the known ones', async () => {
  const failing = execute(process.execPath, ['tools/generate.ts', 'poems']);
  await expect(failing).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no part poems; there are schema, alerts, dashboards'),
  });
});
