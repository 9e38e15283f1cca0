/** Every route below /api has a caller, however its path is spelled. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { beforeAll, expect, test } from 'vitest';
import { type AppDeps, loadFamilies } from '#roles/api/app.ts';
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
    config: { PUBLIC_RATE_LIMIT_PER_MINUTE: 1 },
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

const encoded = (char: string) => `%${char.charCodeAt(0).toString(16)}`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const onEach = (path: string, change: (segment: string) => string): string[] => {
  const segments = path.split('/');
  return segments.flatMap((segment, at) =>
    segment ? [segments.with(at, change(segment)).join('/')] : [],
  );
};

/** Other spellings that a proxy, a decoder or a file system would take for the same path. */
const spellings = (path: string): string[] => [
  path.toUpperCase(),
  path.split('/').map(capital).join('/'),
  ...onEach(path, (segment) => segment.toUpperCase()),
  ...onEach(path, capital),
  ...onEach(path, (segment) => encoded(segment.charAt(0)) + segment.slice(1)),
  ...onEach(path, (segment) => encoded(segment.charAt(0).toUpperCase()) + segment.slice(1)),
  ...onEach(path, (segment) => `/${segment}`),
  ...onEach(path, (segment) => `./${segment}`),
  ...onEach(path, (segment) => `x/../${segment}`),
  ...onEach(path, (segment) => `${segment};x=1`),
  ...onEach(path, (segment) => `${segment}%00`),
  path.replaceAll('/', '%2f').replace('%2f', '/'),
  path.replaceAll('/', '%2F').replace('%2F', '/'),
  path.replaceAll('/', '\\').replace('\\', '/'),
  `${path}/`,
  `${path}//`,
  `${path}%2f`,
  `${path}%20`,
  `${path}.json`,
  `http://elsewhere.example${path}`,
  `http://elsewhere.example${capital(path.slice(1))}`,
];

/** Exactly this target: `fetch` would normalize it. */
async function statusOf(
  { method, path }: Route,
  headers: Record<string, string> = {},
): Promise<number> {
  const sends = method === 'POST' || method === 'DELETE';
  const body = sends ? JSON.stringify({ ...bootstrapRequest(), reason: 'left' }) : '';
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const call = request(
    api.url,
    {
      method,
      path,
      headers: {
        ...(sends && { 'content-type': 'application/json', 'content-length': body.length }),
        ...headers,
      },
    },
    (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    },
  );
  call.once('error', reject);
  call.end(body);
  return promise;
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
