import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resolveGo } from './goCommand.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'go-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Writes a script that prints the same version line as Go. */
async function goThatIs(version: string, at: string): Promise<void> {
  await mkdir(path.dirname(at), { recursive: true });
  await writeFile(at, `#!/bin/sh\necho go version ${version} linux/amd64\n`);
  await chmod(at, 0o755);
}

const logged: string[] = [];
const resolve = () =>
  resolveGo({ cacheFolder: path.join(folder, 'cache'), log: (line) => logged.push(line) });

test('Go on PATH is taken when it is new enough', async () => {
  await goThatIs('go1.24.0', path.join(folder, 'bin/go'));
  vi.stubEnv('PATH', path.join(folder, 'bin'));
  expect(await resolve()).toBe('go');
});

test('an old one is passed over for the one that was installed before', async () => {
  await goThatIs('go1.19.8', path.join(folder, 'bin/go'));
  const installed = path.join(folder, 'cache/go/bin/go');
  await goThatIs('go1.26.6', installed);
  vi.stubEnv('PATH', path.join(folder, 'bin'));
  expect(await resolve()).toBe(installed);
  expect(logged).toEqual([]);
});

test('without any, the failures say why', async () => {
  await goThatIs('go1.19.8', path.join(folder, 'bin/go'));
  vi.stubEnv('PATH', path.join(folder, 'bin'));
  await expect(resolve()).rejects.toThrow(/go on PATH: it is go version go1\.19\.8.*1\.24/s);
});
