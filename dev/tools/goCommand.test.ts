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

test('uses Go on PATH when its version is new enough', async () => {
  await goThatIs('go1.24.0', path.join(folder, 'bin/go'));
  vi.stubEnv('PATH', path.join(folder, 'bin'));
  expect(await resolve()).toBe('go');
});

test('uses the installed Go when the one on PATH is too old', async () => {
  await goThatIs('go1.19.8', path.join(folder, 'bin/go'));
  const installed = path.join(folder, 'cache/go/bin/go');
  await goThatIs('go1.26.6', installed);
  vi.stubEnv('PATH', path.join(folder, 'bin'));
  expect(await resolve()).toBe(installed);
  expect(logged).toEqual([]);
});

test('lists the reasons when no Go is available', async () => {
  await goThatIs('go1.19.8', path.join(folder, 'bin/go'));
  vi.stubEnv('PATH', path.join(folder, 'bin'));
  await expect(resolve()).rejects.toThrow(/go on PATH: it is go version go1\.19\.8.*1\.24/s);
});
