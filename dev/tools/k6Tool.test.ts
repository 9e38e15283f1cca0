import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resolveK6 } from './k6Tool.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'k6-'));
  // Only programs that a test puts into this folder can be found.
  vi.stubEnv('PATH', path.join(folder, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Writes a script that prints this version of k6. */
async function program(file: string, version: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\necho 'k6 ${version} (go1.26.0, linux/amd64)'\n`);
  await chmod(file, 0o755);
  return file;
}

const resolve = () => resolveK6({ cacheFolder: path.join(folder, 'cache'), log: () => {} });
const onPath = (version: string) => program(path.join(folder, 'bin/k6'), version);
const cached = (version: string) => program(path.join(folder, 'cache/k6/k6'), version);

test('prefers k6 on PATH to the one in the cache', async () => {
  await onPath('v1.3.0');
  await cached('v1.8.1');
  expect(await resolve()).toBe('k6');
});

test('skips another major version on PATH', async () => {
  await onPath('v0.49.0');
  const file = await cached('v1.8.1');
  expect(await resolve()).toBe(file);
});

test('lists the reason of each source when none has k6', async () => {
  await onPath('v2.0.0');
  const failure = await resolve().catch((error: Error) => error.message);
  expect(failure).toContain('k6 on PATH: it is k6 v2.0.0');
  expect(failure).toContain('and v1 is needed');
  expect(failure).toMatch(/cache .*ENOENT/);
  expect(failure).toMatch(/go install .*: .*ENOENT/);
  expect(failure).toContain('put k6 v1 on PATH');
});
