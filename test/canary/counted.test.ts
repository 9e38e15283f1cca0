/** Canaries are marked by their route alone, and every count of business leaves them out. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadHealthChecks } from '#kernel/database/healthChecks.ts';
import { createOrganizations } from '#organization/store.ts';
import { expectProblem } from '#support/http/problems.ts';
import { type Scrape, scrape } from '#support/http/scrape.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const CANARY_PATH = '/api/v1/workflows/canary-bootstrap';
const CANARY = { permissions: [{ p: 'organization.canary', s: '' }] };

const onboarding = useOnboarding();
const api = useApi(onboarding);
useWorker(onboarding);

const canary = () => bootstrapRequest(`canary-${bootstrapRequest().subdomain}`);
const ended = (workflowId: string) =>
  onboarding.client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => 'failed');

async function onboarded(path: string, body: ReturnType<typeof bootstrapRequest>) {
  const answer = await api.call('POST', path, { body, as: ADMIN });
  expect(answer.status).toBe(202);
  await ended(answer.body.workflowId);
  return answer.body as { organizationId: string; workflowId: string };
}

describe('the mark', () => {
  test('is set with a permission of its own, which makes nothing but canaries', async () => {
    expectProblem(await api.call('POST', CANARY_PATH, { body: canary() }), 403, 'forbidden');
    const plain = await api.call('POST', BOOTSTRAP_PATH, { body: bootstrapRequest(), as: CANARY });
    expectProblem(plain, 403, 'forbidden');
    const asked = { body: canary(), as: CANARY };
    const { status, body } = await api.call('POST', CANARY_PATH, asked);
    expect(status).toBe(202);
    await ended(body.workflowId);
  });

  test('cannot be had by a name or a field, and its names belong to it', async () => {
    const named = await api.call('POST', BOOTSTRAP_PATH, { body: canary(), as: ADMIN });
    expectProblem(named, 400, 'invalid-request');
    expect(named.body.errors).toEqual([{ path: 'subdomain', message: 'is reserved' }]);
    const field = { ...bootstrapRequest(), kind: 'canary' };
    expectProblem(await api.call('POST', BOOTSTRAP_PATH, { body: field }), 400, 'invalid-request');
    for (const subdomain of ['customer', undefined]) {
      const body = { ...bootstrapRequest(), subdomain };
      const other = await api.call('POST', CANARY_PATH, { body, as: ADMIN });
      expect(other.body.errors).toEqual([
        { path: 'subdomain', message: 'must begin with canary-' },
      ]);
    }
  });

  test('is in every event of its runs, and in none of others', async () => {
    const { organizationId } = await onboarded(CANARY_PATH, canary());
    const other = await onboarded(BOOTSTRAP_PATH, bootstrapRequest());
    const deletion = await api.call('DELETE', `/api/v1/organizations/${organizationId}`, {
      body: { reason: 'canary' },
      as: ADMIN,
    });
    await ended(deletion.body.workflowId);
    const tags = async (orgId: string) => {
      const { rows } = await onboarding.owner.query<{ marked: boolean; events: number }>(
        `SELECT event_metadata -> 'tags' ? 'canary' AS marked, count(*)::int AS events
         FROM domain_events WHERE organization_of(domain_events) = $1 GROUP BY 1`,
        [orgId],
      );
      return rows;
    };
    expect(await tags(organizationId)).toEqual([{ marked: true, events: expect.any(Number) }]);
    expect(await tags(other.organizationId)).toEqual([
      { marked: false, events: expect.any(Number) },
    ]);
    const { body } = await api.call('GET', `/api/v1/organizations/${organizationId}`, {
      as: ADMIN,
    });
    expect(body).toMatchObject({ kind: 'canary', status: 'deactivated' });
  });
});

describe('metrics of business', () => {
  /** Every metric that is read from the read models, and what it has to do with organizations. */
  const BUSINESS =
    /^(workflow_|organization_|dns_propagation_|dns_waiting|invitations?_|accounts_behind)/;
  const businessOf = ({ text }: Scrape) =>
    text
      .split('\n')
      // Ages grow by themselves.
      .filter((line) => BUSINESS.test(line) && !/_age_seconds|oldest_seconds/.test(line));
  let before: Scrape;

  beforeAll(async () => {
    await onboarded(BOOTSTRAP_PATH, bootstrapRequest());
    before = await scrape(api.url);
  });

  test('count a customer', async () => {
    await onboarded(BOOTSTRAP_PATH, bootstrapRequest());
    const after = await scrape(api.url);
    expect(businessOf(after)).not.toEqual(businessOf(before));
    for (const name of ['organization_bootstrap_completed_total', 'invitations_sent_total']) {
      expect(after.value(name), name).toBe(before.value(name)! + 1);
    }
    before = after;
  });

  test.each([
    ['completed', async () => {}],
    ['failed', async (email: string) => onboarding.smtp.fail(email, { code: 550 })],
  ] as const)('do not change by a canary that has %s', async (_how, prepare) => {
    const body = canary();
    await prepare(body.users[0]!.email);
    const { organizationId } = await onboarded(CANARY_PATH, body);
    await onboarding.owner.query(
      `INSERT INTO invitation_bounces (message_id, invitation_id, reason, bounced_at)
       SELECT invitation_id, invitation_id, 'permanent', now()
       FROM user_invitations_projection WHERE org_id = $1`,
      [organizationId],
    );
    expect(businessOf(await scrape(api.url))).toEqual(businessOf(before));
  });

  test('do not change while a canary is under way', async () => {
    for (const index of [0, 1]) onboarding.dns.fault(index, 'nxdomain');
    const { body } = await api.call('POST', CANARY_PATH, { body: canary(), as: ADMIN });
    const { organizationId, workflowId } = body;
    const waits = async () =>
      (await onboarding.readModels.organization(organizationId))?.subdomainStatus;
    await expect.poll(waits).toBe('verifying');
    const now = await scrape(api.url);
    expect(businessOf(now)).toEqual(businessOf(before));
    expect(now.value('dns_waiting_for_person_oldest_seconds')).toBe(0);
    const bootstraps = { workflow_type: 'OrganizationBootstrapWorkflow' };
    expect(now.value('workflow_oldest_run_age_seconds', bootstraps)).toBe(0);
    // Nobody is asked to decide for a program.
    expect(onboarding.smtp.mails.filter(({ subject }) => /DNS/.test(subject))).toEqual([]);
    await expectNoneFound();
    onboarding.heal();
    await onboarding.client.workflow.getHandle(workflowId).cancel();
    await ended(workflowId);
  });
});

/** The checks that name organizations for a person. */
const FOR_PEOPLE = [
  'dns_waiting_for_person',
  'expired_invitations',
  'initiated_without_run',
  'runs_without_end',
];

async function expectNoneFound() {
  const { owner, database } = onboarding;
  const old = "now() - interval '3 days'";
  await owner.query(`UPDATE organizations_projection SET created_at = ${old}`);
  await owner.query(
    `UPDATE workflow_runs_projection SET started_at = ${old} WHERE closed_at IS NULL`,
  );
  await owner.query(`UPDATE user_invitations_projection SET expires_at = ${old}
    WHERE org_id IN (SELECT org_id FROM organizations_projection WHERE kind = 'canary')`);
  const checks = await loadHealthChecks();
  for (const { name, sql } of checks.filter((one) => FOR_PEOPLE.includes(one.name))) {
    const { rows } = await database.pool.query(sql);
    expect(rows, name).toMatchObject([{ severity: 'ok', value: 0 }]);
  }
}

test('a request that waits for its run is not listed for people either', async () => {
  const workflowId = 'org-bootstrap-00000000-0000-4000-8000-000000000001';
  await onboarding.owner.query(
    `INSERT INTO organizations_projection
       (org_id, name, slug, kind, status, workflow_id, created_at, updated_at, version)
     VALUES ($1, 'Canary', 'canary-waits', 'canary', 'pending', $2, now(), now(), 1)`,
    [workflowId.slice(-36), workflowId],
  );
  await expectNoneFound();
});

test('what canaries have left is listed for operators who ask for it', async () => {
  const { owner, database } = onboarding;
  await owner.query(
    `UPDATE organizations_projection SET status = 'failed', path = 'canary' WHERE slug = 'canary-waits'`,
  );
  const organizations = createOrganizations(database.pool);
  expect(await organizations.unclean()).toEqual([]);
  expect(await organizations.unclean('canary')).toMatchObject([{ slug: 'canary-waits' }]);
  const env = { ...process.env, ...onboarding.workerEnv };
  const ops = async (...args: string[]) => {
    const command = ['src/main.ts', 'ops', 'cleanup', ...args, '--json'];
    return JSON.parse((await promisify(execFile)(process.execPath, command, { env })).stdout);
  };
  expect(await ops()).toEqual([]);
  expect(await ops('--canary')).toMatchObject([{ slug: 'canary-waits' }]);
});
