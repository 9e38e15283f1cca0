/** The canary on the real stack: what it finds, and that nothing of it is left, however it ends. */
import { createServer } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '#dev/embedded/freePort.ts';
import { startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { listen } from '#support/http/listen.ts';
import { scrape } from '#support/http/scrape.ts';
import { startApi, type TestApi } from '#support/stack/api.ts';
import { useOnboarding, ZONE } from '#support/stack/onboarding.ts';
import { useStarted } from '#support/stack/useStarted.ts';
import { useWorkers } from '#support/stack/worker.ts';

const EMAIL = 'canary@mailbox.example.com';
const PASSWORD = 'a password of the canary';
/** What the canary's role is given, and no more. */
const PERMISSIONS = ['organization.canary', 'organization.delete'].map((p) => ({ p, s: '' }));

const onboarding = useOnboarding();
const auth = useStarted(
  async () => {
    const supabase = await startLoopbackSupabase({
      hooks: {
        customAccessToken: async () => ({ claims: { effective_permissions: PERMISSIONS } }),
      },
    });
    supabase.users.create(EMAIL, PASSWORD, {});
    supabase.users.confirm(EMAIL);
    return supabase;
  },
  (supabase) => supabase.stop(),
);
const workers = useWorkers(onboarding);
const apis: TestApi[] = [];

beforeEach(async () => {
  await onboarding.owner.query('DELETE FROM canary_runs');
  await workers.kill();
  await workers.spawn();
});
afterEach(async () => {
  onboarding.heal();
  await Promise.all(apis.splice(0).map((api) => api.stop()));
});

/** An API with a canary: one, and none after it for a long time. */
async function startCanary(env: Record<string, string> = {}): Promise<TestApi> {
  const port = await freePort();
  const api = await startApi(onboarding, {
    PORT: String(port),
    SUPABASE_URL: auth.url,
    RECONCILE_INTERVAL_SECONDS: '0.3',
    RECONCILE_AFTER_SECONDS: '0',
    DNS_VERIFICATION_LIMIT_SECONDS: '60',
    CANARY_ENABLED: 'true',
    CANARY_INTERVAL_SECONDS: '3600',
    CANARY_LIMIT_SECONDS: '60',
    CANARY_API_URL: `http://127.0.0.1:${port}`,
    CANARY_EMAIL: EMAIL,
    CANARY_PASSWORD: PASSWORD,
    CANARY_SUPABASE_KEY: 'publishable',
    CANARY_MAILBOX_URL: `${onboarding.smtp.mailboxUrl}/mails`,
    ...env,
  });
  apis.push(api);
  return api;
}

interface Row {
  subdomain: string;
  outcome: string | null;
  reason: string | null;
  cleaned: boolean;
}

async function rows(): Promise<Row[]> {
  const { rows: found } = await onboarding.owner.query<Row>(
    `SELECT subdomain, outcome, reason, cleaned_at IS NOT NULL AS cleaned
     FROM canary_runs ORDER BY started_at`,
  );
  return found;
}

const ended = () =>
  expect.poll(async () => (await rows()).filter(({ outcome }) => outcome !== null).length, {
    timeout: 60_000,
  });

async function endedRow(): Promise<Row> {
  await ended().toBe(1);
  return (await rows())[0]!;
}

const organizations = async (subdomain: string) => {
  const { rows: found } = await onboarding.owner.query(
    'SELECT org_id, kind, status FROM organizations_projection WHERE slug = $1',
    [subdomain],
  );
  return found;
};

const recordsOf = (subdomain: string) =>
  onboarding.cloudflare.zone.list().filter(({ name }) => name === `${subdomain}.${ZONE}`);

/** Nothing that anybody could meet: no name, no link, no account, no run. */
async function expectNothingLeft(subdomain: string): Promise<void> {
  const { owner, client, taskQueue, usersTaskQueue, supabase } = onboarding;
  expect(await organizations(subdomain)).toMatchObject([{ kind: 'canary', status: 'deactivated' }]);
  expect(recordsOf(subdomain)).toEqual([]);
  const open = await owner.query('SELECT * FROM workflow_runs_projection WHERE closed_at IS NULL');
  expect(open.rows).toEqual([]);
  const links = await owner.query(`SELECT status FROM user_invitations_projection
    WHERE org_id IN (SELECT org_id FROM organizations_projection WHERE slug = '${subdomain}')`);
  for (const { status } of links.rows) expect(status).toBe('revoked');
  expect(supabase.users.byEmail(EMAIL)).toBeUndefined();
  const running = `(TaskQueue = '${taskQueue}' OR TaskQueue = '${usersTaskQueue}') AND ExecutionStatus = 'Running'`;
  await expect.poll(async () => (await client.workflow.count(running)).count).toBe(0);
}

test('a canary that completes has seen all of it, and leaves nothing', async () => {
  const api = await startCanary();
  const row = await endedRow();
  expect(row).toMatchObject({ outcome: 'completed', reason: null, cleaned: true });
  expect(row.subdomain).toMatch(/^canary-[0-9a-f]{8}$/);
  await expectNothingLeft(row.subdomain);
  expect(onboarding.mailsTo(EMAIL)).toHaveLength(1);
  const { value } = await scrape(api.url);
  expect(value('canary_runs_total', { outcome: 'completed' })).toBe(1);
  expect(value('canary_runs_total', { outcome: 'failed' })).toBe(0);
  expect(value('canary_failures_in_a_row')).toBe(0);
  expect(value('canary_last_success_timestamp_seconds')).toBeGreaterThan(1_700_000_000);
  expect(value('canary_duration_seconds_count')).toBe(1);
  expect(value('canary_enabled')).toBe(1);
  expect(value('canary_interval_seconds')).toBe(3600);
  expect(value('organization_bootstrap_completed_total')).toBe(0);
  expect(value('invitations_sent_total')).toBe(0);
  // It is no work of leaders: what is switched off would be silent for ever.
  expect(value('leader_round_age_seconds', { work: 'canary' })).toBeUndefined();
});

test('a provider that refuses: it has failed, and what was done is undone', async () => {
  onboarding.cloudflare.fail({ method: 'POST', status: 403, times: 1000 });
  const api = await startCanary({ CANARY_LIMIT_SECONDS: '15' });
  const row = await endedRow();
  expect(row).toMatchObject({ outcome: 'failed', reason: 'run', cleaned: true });
  await expectNothingLeft(row.subdomain);
  const { value } = await scrape(api.url);
  expect(value('canary_runs_total', { outcome: 'failed' })).toBe(1);
  expect(value('canary_failures_in_a_row')).toBe(1);
  expect(value('canary_duration_seconds_count')).toBe(0);
});

test('a mail that the server took and nobody got is found', async () => {
  const empty = createServer((_request, response) => void response.end('[]'));
  const { origin } = await listen(empty);
  await startCanary({ CANARY_MAILBOX_URL: origin, CANARY_LIMIT_SECONDS: '12' });
  const row = await endedRow();
  empty.close();
  expect(row).toMatchObject({ outcome: 'failed', reason: 'mail-not-arrived', cleaned: true });
  await expectNothingLeft(row.subdomain);
});

test('an onboarding that takes too long is cancelled and undone', async () => {
  for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
  await startCanary({ CANARY_LIMIT_SECONDS: '15' });
  const row = await endedRow();
  expect(row).toMatchObject({ outcome: 'failed', reason: 'run', cleaned: true });
  await expectNothingLeft(row.subdomain);
});

test('an account that cannot log in makes nothing', async () => {
  await startCanary({ CANARY_PASSWORD: 'of somebody else' });
  const row = await endedRow();
  expect(row).toMatchObject({ outcome: 'failed', reason: 'login' });
  expect(await organizations(row.subdomain)).toEqual([]);
});

test('a worker that is killed in the middle delays it', async () => {
  for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
  await startCanary();
  await expect.poll(async () => (await rows())[0]?.subdomain ?? '').not.toBe('');
  const [{ subdomain } = { subdomain: '' }] = await rows();
  await expect.poll(() => recordsOf(subdomain), { timeout: 30_000 }).toHaveLength(1);
  await workers.kill();
  onboarding.heal();
  await workers.spawn();
  expect(await endedRow()).toMatchObject({ subdomain, outcome: 'completed', cleaned: true });
  await expectNothingLeft(subdomain);
});

test('what an API that has stopped left in the middle, another one goes on with', async () => {
  for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
  const first = await startCanary();
  await expect.poll(async () => (await rows()).length).toBe(1);
  const [{ subdomain } = { subdomain: '' }] = await rows();
  await expect.poll(() => recordsOf(subdomain), { timeout: 30_000 }).toHaveLength(1);
  await first.stop();
  apis.splice(0);
  expect(await rows()).toMatchObject([{ subdomain, outcome: null }]);
  onboarding.heal();
  await startCanary();
  expect(await endedRow()).toMatchObject({ subdomain, outcome: 'completed', cleaned: true });
  expect(await organizations(subdomain)).toHaveLength(1);
  await expectNothingLeft(subdomain);
});

test('two APIs make one canary', async () => {
  await Promise.all([startCanary(), startCanary()]);
  const row = await endedRow();
  expect(row.outcome).toBe('completed');
  expect(await rows()).toHaveLength(1);
  await expectNothingLeft(row.subdomain);
});

test('what one could not remove, the next one removes', async () => {
  onboarding.cloudflare.fail({ method: 'DELETE', status: 503, times: 1000 });
  await startCanary({ CANARY_LIMIT_SECONDS: '10', CANARY_INTERVAL_SECONDS: '1' });
  await ended().toBeGreaterThanOrEqual(1);
  const [first] = await rows();
  expect(first).toMatchObject({ outcome: 'cleanup_failed', reason: 'cleanup', cleaned: false });
  expect(recordsOf(first!.subdomain)).toHaveLength(1);
  onboarding.heal();
  await expect.poll(async () => (await rows())[0]?.cleaned, { timeout: 60_000 }).toBe(true);
  await apis.splice(0)[0]!.stop();
  expect(recordsOf(first!.subdomain)).toEqual([]);
  expect(await organizations(first!.subdomain)).toMatchObject([{ status: 'deactivated' }]);
});

test.each(['CANARY_ENABLED', 'ENABLE_ORG_BOOTSTRAP'])(
  'without %s nothing is made',
  async (name) => {
    const api = await startCanary({ [name]: 'false' });
    const { value } = await scrape(api.url);
    expect(value('canary_enabled')).toBe(0);
    expect(await rows()).toEqual([]);
  },
);
