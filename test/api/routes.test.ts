/** Every route below /api has a caller, however its path is spelled. */
import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { loadConfig } from '#config.ts';
import { type AppDeps, loadFamilies } from '#roles/api/app.ts';
import { sendRaw, spellings } from '#support/http/spellings.ts';
import { BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

interface Route {
  method: string;
  path: string;
}

// No worker: what is started stays where it is.
const onboarding = useOnboarding();
const api = useApi(onboarding, { PUBLIC_RATE_LIMIT_PER_MINUTE: '100000' });
let existing: { organizationId: string; workflowId: string };

beforeAll(async () => {
  existing = (await api.call('POST', BOOTSTRAP_PATH, { body: bootstrapRequest() })).body;
});

/** Every route that needs a token, about an organization and a run that are there. */
async function routes(): Promise<Route[]> {
  const parameters: Record<string, string> = {
    ...existing,
    invitationId: randomUUID(),
    signal: 'abort',
  };
  const deps = {
    pool: onboarding.database.pool,
    config: loadConfig('api', onboarding.workerEnv),
  } as unknown as AppDeps;
  const families = await loadFamilies(deps);
  return families
    .flatMap((family) => family.routes)
    .filter(({ access }) => !('open' in access))
    .flatMap(({ method, path }) =>
      (method === 'GET' ? ['HEAD', 'GET'] : [method]).map((one) => ({
        method: one,
        path: path.replace(/:(\w+)/g, (_all, name: string) => parameters[name]!),
      })),
    );
}

async function statusOf(
  { method, path }: Route,
  headers: Record<string, string> = {},
): Promise<number> {
  const sends = method === 'POST' || method === 'DELETE';
  const body = sends ? { ...bootstrapRequest(), reason: 'left' } : undefined;
  return (await sendRaw(api.url, { method, path, headers, body })).status;
}

/** What the store and Temporal hold. */
async function everything() {
  const runs = [];
  for await (const run of onboarding.client.workflow.list({
    query: `TaskQueue = '${onboarding.taskQueue}' OR TaskQueue = '${onboarding.usersTaskQueue}'`,
  })) {
    runs.push([run.workflowId, run.status.name]);
  }
  return { events: await onboarding.countEvents(), runs: runs.toSorted() };
}

test('no route answers without a token, and nothing is started or written', async () => {
  await expect.poll(async () => (await everything()).runs.length).toBe(1);
  const before = await everything();
  const found = await routes();
  expect(found.length).toBeGreaterThan(15);
  const answered: [number, string, string][] = [];
  for (const { method, path } of found) {
    expect([method, path, await statusOf({ method, path })]).toEqual([method, path, 401]);
    for (const spelling of spellings(path)) {
      const status = await statusOf({ method, path: spelling });
      if (![401, 404, 405].includes(status)) answered.push([status, method, spelling]);
    }
  }
  expect(answered).toEqual([]);
  expect(await everything()).toEqual(before);
});

test('a path has one spelling: others are not found, whoever asks', async () => {
  const authorization = await api.authorization();
  const path = `/api/v1/organizations/${existing.organizationId}`;
  expect(await statusOf({ method: 'GET', path }, { authorization })).toBe(200);
  for (const other of [path.replace('api', 'Api'), path.replace('api', '%61pi'), `${path}/`]) {
    expect([other, await statusOf({ method: 'GET', path: other }, { authorization })]).toEqual([
      other,
      404,
    ]);
  }
  for (const open of ['/Health', '/METRICS', '/Docs', '/metrics/', '/openapi.JSON']) {
    expect([open, await statusOf({ method: 'GET', path: open })]).toEqual([open, 404]);
  }
});

test('what was refused is counted for its route', async () => {
  const path = `/api/v1/organizations/${existing.organizationId}`;
  await statusOf({ method: 'GET', path });
  const { text } = await api.call('GET', '/metrics');
  const counted = text
    .split('\n')
    .find((line) => /^http_requests_total\{.*organizationId",status="401"/.test(line));
  expect(Number(counted?.split(' ').at(-1))).toBeGreaterThan(0);
  expect(text).not.toMatch(/route="(\/\^|\(\?)/);
});
