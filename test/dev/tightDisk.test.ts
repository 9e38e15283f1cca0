/** The disk that is made full for `npm run chaos`, where mounting is permitted. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mountTightDisk, type TightDisk } from '#dev/embedded/tightDisk.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'tight-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

async function expectTight(disk: TightDisk, mounted: string): Promise<void> {
  const grow = (name: string) => writeFile(path.join(mounted, name), Buffer.alloc(1_000_000));
  await grow('before');
  await disk.fill();
  await expect(grow('during')).rejects.toMatchObject({ code: 'ENOSPC' });
  await disk.relieve();
  await grow('after');
  await disk.unmount();
  expect(await readdir(mounted)).toEqual([]);
}

test('a disk is full until it is relieved; where it cannot be mounted, it says why', async () => {
  const mounted = await folder();
  const disk = await mountTightDisk(mounted);
  if (disk.missing === undefined) await expectTight(disk, mounted);
  else expect(disk.missing).toMatch(/permi|superuser|mount/i);
});
