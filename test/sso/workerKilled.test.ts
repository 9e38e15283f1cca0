import { beforeAll, expect, test, vi } from 'vitest';
import { type SsoState, ssoConfigurationWorkflowId } from '#sso/contract.ts';
import { organizationWithDomain, type SsoOrganization } from '#support/runs/ssoOrganizations.ts';
import { ssoRuns } from '#support/runs/ssoRuns.ts';
import { useHolds } from '#support/stack/holds.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorkers } from '#support/stack/worker.ts';

/**
 * Runs are stopped in the middle of their steps; then the worker is killed, and another one takes
 * over. `login` says that the test has been passed before; `fails` that the run is being undone.
 */
interface Case {
  hold?: string;
  hang?: { method: 'POST' | 'PUT' | 'DELETE'; hang: 'before' | 'after' };
  mail?: 'hold';
  login?: true;
  fails?: true;
}

const CASES: Record<string, Case> = {
  'recording the request': { hold: 'requested' },
  'validating the metadata': { hold: 'validated' },
  'creating the provider, before Supabase acted': { hang: { method: 'POST', hang: 'before' } },
  'creating the provider, after Supabase acted': { hang: { method: 'POST', hang: 'after' } },
  'recording the provider': { hold: 'configured' },
  'requesting the test': { hold: 'testing' },
  'mailing the link, before the mail was taken': { mail: 'hold' },
  'waiting for the test': {},
  'recording the test': { hold: 'tested', login: true },
  'activating, before Supabase acted': { hang: { method: 'PUT', hang: 'before' }, login: true },
  'activating, after Supabase acted': { hang: { method: 'PUT', hang: 'after' }, login: true },
  'recording the activation': { hold: 'active', login: true },
  'undoing, after Supabase acted': {
    hang: { method: 'DELETE', hang: 'after' },
    login: true,
    fails: true,
  },
  'recording the failure': { hold: 'failed', login: true, fails: true },
};
const count = (what: (one: Case) => unknown) => Object.values(CASES).filter(what).length;

const bench = useSsoBench({ SSO_TEST_WAIT_SECONDS: '600' });
const runs = ssoRuns(bench);
const holds = useHolds(bench.onboarding);
const workers = useWorkers(bench.onboarding);
const organizations = new Map<string, SsoOrganization>();

async function stopSomewhere(organization: SsoOrganization, { hold, hang, mail }: Case) {
  const { smtp, supabase } = bench.onboarding;
  if (hold) await holds.ssoConfiguration(organization.orgId, hold);
  if (hang) supabase.sso.fail({ ...hang, entityId: runs.entityIdOf(organization) });
  if (mail) smtp.fail(organization.requester, mail);
}

async function start(organization: SsoOrganization): Promise<void> {
  const metadataXml = runs.metadataOf(organization);
  expect((await runs.request(organization, { metadataXml })).status).toBe(202);
}

async function passTest(organization: SsoOrganization, { fails }: Case): Promise<void> {
  const link = await runs.testLinkFor(organization.requester);
  bench.idp.entityId = runs.entityIdOf(organization);
  bench.idp.fault = fails ? 'wrong_audience' : 'none';
  const answer = await runs.logIn(link, `ada@${organization.domain}`);
  expect(answer.status).toBe(fails ? 422 : 202);
}

async function untilAllAreStopped(): Promise<void> {
  const { smtp, supabase } = bench.onboarding;
  await vi.waitFor(
    async () => {
      expect(await holds.stopped()).toBe(count(({ hold }) => hold));
      expect(supabase.sso.hanging).toHaveLength(count(({ hang }) => hang));
      expect(smtp.waiting).toHaveLength(count(({ mail }) => mail));
      const waiting = runs.handleOf(organizations.get('waiting for the test')!);
      expect((await waiting.query<SsoState>('getState')).waitingForTest).toBe(true);
    },
    { timeout: 60_000, interval: 50 },
  );
}

beforeAll(async () => {
  await workers.spawn();
  for (const [name, one] of Object.entries(CASES)) {
    const organization = await organizationWithDomain(bench);
    organizations.set(name, organization);
    await stopSomewhere(organization, one);
    await start(organization);
    if (one.login) await passTest(organization, one);
  }
  await untilAllAreStopped();

  await workers.kill();
  bench.onboarding.supabase.sso.clearFaults();
  bench.onboarding.smtp.clearFaults();
  await holds.releaseAll();
  await workers.spawn();
  for (const [name, one] of Object.entries(CASES)) {
    if (!one.login) await passTest(organizations.get(name)!, one);
  }
  await Promise.allSettled(
    [...organizations.values()].map((organization) => runs.handleOf(organization).result()),
  );
}, 240_000);

const WHOLE = [
  'sso.requested',
  'sso.metadata_validated',
  'sso.provider_configured',
  'sso.test_requested',
];

test.each(Object.entries(CASES))('a worker killed while %s', async (name, { fails }) => {
  const organization = organizations.get(name)!;
  const { orgId, domain, requester } = organization;
  const { queries, supabase, smtp } = bench.onboarding;
  const providers = supabase.sso.providers.filter(
    ({ saml }) => saml.entity_id === runs.entityIdOf(organization),
  );
  const events = await queries.getEventsForWorkflow(ssoConfigurationWorkflowId(orgId));
  const types = events.map(({ eventType }) => eventType);
  const { rows } = await bench.onboarding.owner.query(
    'SELECT status FROM sso_configurations_projection WHERE org_id = $1',
    [orgId],
  );
  if (fails) {
    expect(providers).toEqual([]);
    expect(types).toEqual([...WHOLE, 'sso.failed']);
    expect(rows).toEqual([{ status: 'failed' }]);
  } else {
    expect(providers).toMatchObject([{ domains: [{ domain }] }]);
    expect(types).toEqual([...WHOLE, 'sso.flow_tested', 'sso.activated']);
    expect(rows).toEqual([{ status: 'active' }]);
  }
  const links = smtp.mails.filter(
    ({ to, subject }) => to[0] === requester && subject.startsWith('Test single sign-on'),
  );
  expect(links).toHaveLength(1);
});
