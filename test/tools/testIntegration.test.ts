import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const run = promisify(execFile);
const TOOL = path.resolve('tools/testIntegration.ts');
const PERMISSIONS = ['organization.create_root', 'organization.delete', 'platform.admin'];

const onboarding = useOnboarding();
const api = useApi(onboarding);
useWorker(onboarding);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'a4c-integration-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function settings(overrides: Record<string, string> = {}): Promise<void> {
  const permissions = PERMISSIONS.map((p) => ({ p, s: '' }));
  const authorization = await api.authorization({ permissions });
  const values = {
    API_URL: api.url,
    API_TOKEN: authorization.replace('Bearer ', ''),
    INTEGRATION_EMAIL: 'integration@example.org',
    INTEGRATION_LIMIT_SECONDS: '60',
    ...overrides,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  await writeFile(path.join(folder, '.env.staging'), lines.join('\n'));
}

const tool = (...args: string[]) =>
  run(process.execPath, [TOOL, ...args], { cwd: folder, env: { PATH: process.env.PATH } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

test('creates, verifies and removes its own organization', async () => {
  await settings();
  const { code, stdout, stderr } = await tool('--env=staging');
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n')).toEqual([
    'passed  the installation is ready',
    'passed  a bootstrap is accepted',
    'passed  the run completes',
    'passed  read models and events agree',
    'passed  the organization is removed',
    '5 passed, 0 failed',
  ]);
  expect(code).toBe(0);
  const { rows } = await onboarding.owner.query('SELECT status FROM organizations_projection');
  expect(rows).toEqual([{ status: 'deactivated' }]);
  expect(onboarding.cloudflare.zone.list()).toEqual([]);
});

test('a failed check exits 1, says why, and leaves nothing behind', async () => {
  await settings();
  onboarding.smtp.fail('integration@example.org', { code: 550 });
  const { code, stdout } = await tool('--env=staging', '--json');
  onboarding.smtp.clearFaults();
  expect(code).toBe(1);
  expect(JSON.parse(stdout).checks.at(-1)).toMatchObject({
    name: 'the run completes',
    passed: false,
    reason: expect.stringContaining('no invitation e-mail'),
  });
  expect(onboarding.cloudflare.zone.list()).toEqual([]);
});

test('missing settings are all named, and so is a missing file', async () => {
  await settings({ API_URL: '', API_TOKEN: '' });
  const missing = await tool('--env=staging');
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain('API_URL: required');
  expect(missing.stderr).toContain('API_TOKEN: required');
  expect((await tool('--env=nowhere')).stderr).toContain('.env.nowhere');
});
