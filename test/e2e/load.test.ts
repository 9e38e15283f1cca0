import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { resolveK6 } from '#dev/tools/k6Tool.ts';
import type { LoadResult } from '#load/runner/loadResult.ts';
import { startApi } from '#support/stack/api.ts';
import { startOnboarding } from '#support/stack/onboarding.ts';
import { startWorker } from '#support/stack/worker.ts';

const run = promisify(execFile);
const TOOL = path.resolve('load/runner/load.ts');
const CACHE = path.resolve('.cache');
/** k6 may have to be built. */
const BUILD_LIMIT_MS = 900_000;
const RUN_LIMIT_MS = 300_000;
const SECRET = 'a-secret-of-thirty-two-characters';

const written: string[] = [];

beforeAll(() => resolveK6({ cacheFolder: CACHE, log: () => {} }), BUILD_LIMIT_MS);
afterAll(() => Promise.all(written.map((file) => rm(file, { force: true }))));

/** The command as a person types it. */
async function load(line: string, env: Record<string, string> = {}) {
  const args = [TOOL, ...line.split(' '), '--json'];
  const options = { env: { PATH: process.env.PATH, ...env }, timeout: RUN_LIMIT_MS };
  const { code, stdout, stderr } = await run(process.execPath, args, options).then(
    (output) => ({ code: 0, ...output }),
    (error) => error as { code: number; stdout: string; stderr: string },
  );
  const result = JSON.parse(stdout || `{"stderr": ${JSON.stringify(stderr)}}`) as LoadResult;
  written.push(...(result.files ?? []));
  return { code, result };
}

test(
  'a steady load on the embedded stack leaves nothing but completed runs',
  async () => {
    const { code, result } = await load('steady --rate 2 --duration 5s');
    expect(result.problems).toEqual([]);
    expect(code).toBe(0);
    expect(result.runs.accepted).toBeGreaterThanOrEqual(10);
    expect(result.runs).toEqual({
      accepted: result.runs.accepted,
      completed: result.runs.accepted,
      withFaults: 0,
    });
    const active = result.figures.find(({ name }) => name === 'time_to_active');
    expect(active?.count).toBe(result.runs.accepted);
    const [json, html, graphs] = result.files;
    expect(JSON.parse(await readFile(json!, 'utf8'))).toEqual(result);
    expect(await readFile(html!, 'utf8')).toContain('time_to_active');
    expect(await readFile(graphs!, 'utf8')).toContain('k6');
  },
  RUN_LIMIT_MS,
);

test(
  'runs that never end fail the load that had only 202s, and it says why',
  async () => {
    const { code, result } = await load('steady --rate 2 --duration 2s --workers 0 --limit 2s');
    expect(code).toBe(1);
    expect(result).toMatchObject({ passed: false, requests: { failedShare: 0 } });
    expect(result.runs.completed).toBe(0);
    expect(result.problems.join('\n')).toContain('the run running when --limit was over');
    expect(result.problems.join('\n')).toMatch(/the database has 0 completed bootstraps of \d/);
  },
  RUN_LIMIT_MS,
);

/** API and worker in this process, as an installation that signs tokens with a shared secret. */
async function startInstallation(settings: Record<string, string>) {
  const onboarding = await startOnboarding();
  onTestFinished(onboarding.stop);
  const api = await startApi(onboarding, { ...settings, SUPABASE_JWT_SECRET: SECRET });
  onTestFinished(api.stop);
  onTestFinished(startWorker(onboarding.workerEnv));
  const env = { SUPABASE_JWT_SECRET: SECRET, SUPABASE_URL: api.supabase.url };
  // The strict threshold is for machines that do nothing else.
  const options = `--url ${api.url} --email load@example.org --max-start-ms 10000`;
  return { onboarding, load: (line: string) => load(`${line} ${options}`, env) };
}

test(
  'a given installation is called on every route, with a token that is signed for it',
  async () => {
    // Time enough to cancel a run that is under way.
    const installation = await startInstallation({ DNS_PROPAGATION_WAIT_SECONDS: '3' });
    const { code, result } = await installation.load('smoke --duration 1s');
    expect(result.problems).toEqual([]);
    expect(code).toBe(0);
    expect(result.checks.map(({ name }) => name)).toContain(
      'every route of openapi.json has been called',
    );
    const { rows } = await installation.onboarding.owner.query(
      `SELECT workflow_type AS type, outcome FROM workflow_runs_projection
       WHERE workflow_type LIKE 'Organization%' ORDER BY 1, 2`,
    );
    expect(rows).toEqual([
      { type: 'OrganizationBootstrapWorkflow', outcome: 'cancelled' },
      { type: 'OrganizationBootstrapWorkflow', outcome: 'completed' },
      { type: 'OrganizationDeletionWorkflow', outcome: 'completed' },
    ]);
    expect(installation.onboarding.cloudflare.zone.list()).toEqual([]);
  },
  RUN_LIMIT_MS,
);

test(
  'what was onboarded and invited on a given installation is looked at, and deleted',
  async () => {
    const { onboarding, load } = await startInstallation({});
    const { code, result } = await load('mixed --rate 4 --duration 3s --weights 2:1:1');
    expect(result.problems).toEqual([]);
    expect(code).toBe(0);
    const organizations = 'SELECT status, count(*)::int FROM organizations_projection GROUP BY 1';
    const left = async () => (await onboarding.owner.query(organizations)).rows;
    await expect.poll(left).toEqual([{ status: 'deactivated', count: result.runs.accepted }]);
    expect(onboarding.smtp.mails.length).toBeGreaterThan(result.runs.accepted);
  },
  RUN_LIMIT_MS,
);
