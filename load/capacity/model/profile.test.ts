import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { currentFingerprint, readProfile } from './profile.ts';
import { PROFILE } from './sampleProfile.ts';

let folder: string;
beforeAll(async () => {
  await mkdir('.cache', { recursive: true });
  folder = await mkdtemp(path.resolve('.cache/test-capacity-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: string): Promise<string> {
  const file = path.join(folder, 'profile.json');
  await writeFile(file, content);
  return file;
}

test('reads a profile as it was written', async () => {
  expect(await readProfile(await fileOf(JSON.stringify(PROFILE)))).toEqual(PROFILE);
});

test('the error names the file and its problem', async () => {
  const { saturated, ...rest } = PROFILE;
  const wrong = { ...rest, saturated: { ...saturated, perSecond: 0 } };
  const file = await fileOf(JSON.stringify(wrong));
  await expect(readProfile(file)).rejects.toThrow(`${file} is no profile of npm run capacity`);
  await expect(readProfile(file)).rejects.toThrow('saturated.perSecond');
  await expect(readProfile(await fileOf('not JSON'))).rejects.toThrow('is no profile');
  await expect(readProfile(path.join(folder, 'none.json'))).rejects.toThrow('cannot be read');
});

test('the digest of the same sources is always the same', async () => {
  expect(await currentFingerprint()).toMatch(/^[0-9a-f]{16}$/);
  expect(await currentFingerprint()).toBe(await currentFingerprint());
});
