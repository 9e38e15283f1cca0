/** `npm run family`, tried in a copy of the tree: what it adds is whole, and runs. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '#dev/embedded/freePort.ts';
import type { Processes } from '#dev/embedded/processes.ts';
import { type MadeOrganization, makeActiveOrganization } from '#support/history/organizations.ts';
import { type Scrape, scrape } from '#support/http/scrape.ts';
import {
  copyTree,
  madeFiles,
  type Snapshot,
  type TreeCopy,
  touchedFiles,
} from '#support/repository/treeCopy.ts';
import { APP_LOGIN, query, urlFor } from '#support/servers/postgres.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

const NAME = 'throwAway';
/** What a new family may need changed that is there already. */
const MOST_TOUCHED = 6;
const LIMIT_MS = 120_000;

let copy: TreeCopy;
let before: Snapshot;
let printed: string;

beforeAll(async () => {
  copy = await copyTree();
  before = await copy.snapshot();
  printed = await copy.run('npm', 'run', 'family', '--', NAME);
  await copy.run('npm', 'run', 'generate');
}, LIMIT_MS);
afterAll(() => copy?.remove());

test('touches few of the files that are there', async () => {
  const after = await copy.snapshot();
  const touched = touchedFiles(before, after);
  console.log(`a new family touches ${touched.length} existing files: ${touched.join(', ')}`);
  expect(touched.length).toBeLessThanOrEqual(MOST_TOUCHED);
  // The rest is generated from what the generator has told.
  const told = (verb: string) =>
    [...printed.matchAll(new RegExp(`^${verb} +(\\S+)$`, 'gm'))].map(([, file]) => file!);
  expect(madeFiles(before, after)).toEqual(told('made').toSorted());
  expect(touched).toEqual(expect.arrayContaining(told('touched')));
});

test('is refused where it is already, and leaves the tree alone', async () => {
  const after = await copy.snapshot();
  await expect(copy.run('npm', 'run', 'family', '--', NAME)).rejects.toThrow(
    `there is a family "${NAME}" already`,
  );
  expect(await copy.snapshot()).toEqual(after);
});

test(
  'passes types, lint and the comparison of what is generated',
  async () => {
    await copy.run('npm', 'run', 'check', '--', 'types', 'lint', 'generated');
  },
  LIMIT_MS,
);

test('breaks no rule of layering', async () => {
  const check = copy.run('node', 'tools/layering/check.ts');
  const output = await check.catch(({ message }: Error) => message);
  expect(output).toMatch(/layering: \d+ files/);
  expect(output).not.toMatch(/throw[_-]?away/i);
});

test(
  'passes its own test, and is in every list',
  async () => {
    const tests = [`test/${NAME}`, 'registries', 'databaseRegistries', 'migrations'];
    await copy.run('vitest', 'run', ...tests);
  },
  LIMIT_MS,
);

describe('runs', () => {
  const database = `test_${randomUUID().replaceAll('-', '')}`;
  let organization: MadeOrganization;
  const onboarding = useOnboarding();
  let pool: pg.Pool;
  let processes: Processes;
  let apiUrl: string;
  let workerUrl: string;

  beforeAll(async () => {
    const adminUrl = inject('postgresAdminUrl');
    await query(adminUrl, `CREATE DATABASE ${database}`);
    await migrateFrom(copy, urlFor(adminUrl, database));
    const url = urlFor(adminUrl, database, APP_LOGIN);
    pool = new pg.Pool({ connectionString: url });
    pool.on('error', () => {
      // The database is dropped under it at the end.
    });
    organization = await makeActiveOrganization(pool);
    [processes, apiUrl, workerUrl] = await startRoles(url);
  }, LIMIT_MS);
  afterAll(async () => {
    await processes?.stop();
    await pool?.end();
    await query(inject('postgresAdminUrl'), `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  }, LIMIT_MS);

  /** API and worker of the copy. */
  async function startRoles(url: string): Promise<[Processes, string, string]> {
    const [port, healthPort] = [await freePort(), await freePort()];
    const { WORKER_BUNDLE_PATH: _ofThisTree, ...env } = onboarding.workerEnv;
    const folder = path.join(copy.root, 'logs');
    await mkdir(folder);
    const { createProcesses } = await import(path.join(copy.root, 'dev/embedded/processes.ts'));
    const roles: Processes = createProcesses({
      env: { ...env, DATABASE_URL: url, PORT: `${port}`, HEALTH_CHECK_PORT: `${healthPort}` },
      folder,
      reaper: { watch: () => {} },
    });
    try {
      await Promise.all([roles.start('api'), roles.start('worker')]);
    } catch (error) {
      await roles.stop();
      throw error;
    }
    return [roles, `http://127.0.0.1:${port}`, `http://127.0.0.1:${healthPort}`];
  }

  async function call(method: string, body?: object) {
    const { orgId, slug } = organization;
    const permissions = [{ p: 'organization.manage_throw_away', s: slug }];
    const token = await onboarding.supabase.issueToken({ sub: randomUUID(), orgId, permissions });
    const response = await fetch(`${apiUrl}/api/v1/organizations/${orgId}/throw-away`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
    return { status: response.status, body: (await response.json()) as any };
  }

  const runsOf = ({ value }: Scrape) =>
    value('workflow_completed_total', { workflow_type: 'ThrowAwayWorkflow', task_queue: 'users' });
  const attemptsOf = ({ value }: Scrape) =>
    value('activity_executed_total', { activity: 'recordThrowAwayActivity' });
  const eventsOf = ({ value }: Scrape) =>
    value('events_projected_total', { aggregate_type: 'throw_away' });
  const figures = async () => {
    const [api, worker] = [await scrape(apiUrl), await scrape(workerUrl)];
    return { runs: runsOf(api), attempts: attemptsOf(worker), events: eventsOf(worker) };
  };

  test('from its route to its read model, and is counted from zero', async () => {
    const workflowId = `throw-away-${organization.orgId}`;
    expect(await figures()).toEqual({ runs: 0, attempts: 0, events: 0 });
    expect(await call('POST', { note: 'hello' })).toMatchObject({
      status: 202,
      body: { workflowId, status: 'started' },
    });
    const read = async () => (await call('GET')).body.items;
    await expect.poll(read).toMatchObject([{ note: 'hello' }]);
    await expect.poll(figures).toEqual({ runs: 1, attempts: 1, events: 1 });
    const { rows } = await pool.query(
      `SELECT event_type, processed_at IS NOT NULL AS projected FROM domain_events
       WHERE event_metadata ->> 'workflow_id' = $1`,
      [workflowId],
    );
    expect(rows).toEqual([{ event_type: 'throw_away.recorded', projected: true }]);
  });
});

/** Migrates a database with the copy's own files. */
async function migrateFrom({ root }: TreeCopy, url: string): Promise<void> {
  const { migrate } = await import(path.join(root, 'src/kernel/database/migrate.ts'));
  await migrate(url);
}
