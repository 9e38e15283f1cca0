import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { scheduleIdOf } from '#kernel/temporal/schedules.ts';
import { SSO_CERTIFICATE_WATCH_WORKFLOW } from '#sso/contract.ts';
import { ssoFamily } from '#sso/family.ts';
import { newEvent } from '#support/history/events.ts';
import { organizationWithDomain, type SsoOrganization } from '#support/runs/ssoOrganizations.ts';
import { SUPPORT } from '#support/stack/onboarding.ts';
import { useSsoBench } from '#support/stack/ssoBench.ts';
import { useWorker } from '#support/stack/worker.ts';

const [WATCH] = ssoFamily.schedules;

const DAY_MS = 86_400_000;

const bench = useSsoBench();
useWorker(bench.onboarding);
let queue: string;

beforeAll(async () => {
  queue = bench.onboarding.usersTaskQueue;
});
afterAll(async () => {
  await bench.onboarding.client.schedule
    .getHandle(scheduleIdOf(WATCH, queue))
    .delete()
    .catch(() => {});
});

/** An active configuration whose certificates end after so many days, by its events alone. */
async function activeWith(
  days: number[],
  metadata: { url: string; entityId: string } | undefined = undefined,
): Promise<SsoOrganization & { fingerprints: string[] }> {
  const organization = await organizationWithDomain(bench);
  const { orgId, domain } = organization;
  const store = createEventStore(bench.onboarding.database.pool);
  const configurationId = randomUUID();
  const certificates = days.map((left) => ({
    fingerprint: randomUUID().replaceAll('-', '').repeat(2),
    notBefore: new Date(0).toISOString(),
    notAfter: new Date(Date.now() + left * DAY_MS).toISOString(),
    der: 'AAAA',
  }));
  const validated = {
    org_id: orgId,
    entity_id: metadata?.entityId ?? `urn:${orgId}`,
    sso_url: 'https://idp.example/sso',
    sso_binding: 'HTTP-Redirect',
    certificates,
    certificate_expires: certificates.map(({ notAfter }) => notAfter).toSorted()[0]!,
    metadata_valid_until: null,
    warnings: [],
  };
  const of = { org_id: orgId };
  const requested = { ...of, metadata_source: 'xml' as const, domains: null };
  const tested = {
    ...of,
    token_hash: randomUUID(),
    test_expires: new Date().toISOString(),
    sp_entity_id: 'sp',
    callback_url: 'callback',
  };
  const active = {
    ...of,
    provider_id: 'p',
    domains: [domain],
    activated_at: tested.test_expires,
    ...(metadata && { metadata_url: metadata.url }),
  };
  const configured = { ...of, provider_id: 'p', updated: false };
  const append = store.append;
  await append(newEvent('sso.requested', configurationId, requested));
  await append(newEvent('sso.metadata_validated', configurationId, validated));
  await append(newEvent('sso.provider_configured', configurationId, configured));
  await append(newEvent('sso.test_requested', configurationId, tested));
  const hash = { ...of, assertion_hash: randomUUID() };
  await append(newEvent('sso.flow_tested', configurationId, hash));
  await append(newEvent('sso.activated', configurationId, active));
  return { ...organization, fingerprints: certificates.map(({ fingerprint }) => fingerprint) };
}

const warningsTo = (address: string) =>
  bench.onboarding.mailsTo(address).filter(({ subject }) => subject.startsWith('A certificate'));
const round = (): Promise<number> =>
  bench.onboarding.client.workflow.execute(SSO_CERTIFICATE_WATCH_WORKFLOW, {
    taskQueue: queue,
    workflowId: `watch-${randomUUID()}`,
  });
const warnedEvents = async (orgId: string) => {
  const { rows } = await bench.onboarding.owner.query(
    `SELECT event_data FROM domain_events
     WHERE event_type = 'sso.certificate.expiring' AND event_data ->> 'org_id' = $1
     ORDER BY created_at`,
    [orgId],
  );
  return rows.map(({ event_data }) => event_data);
};

test('warns once for each threshold that a certificate reaches', async () => {
  const far = await activeWith([31]);
  const month = await activeWith([29]);
  const fortnight = await activeWith([13.5]);
  const days = await activeWith([2, 200]);
  const over = await activeWith([-1]);
  expect(await round()).toBe(4);
  expect(await round()).toBe(0);
  const told = [far, month, fortnight, days, over].map(({ admin }) => warningsTo(admin).length);
  expect(told).toEqual([0, 1, 1, 1, 1]);
  expect(await warnedEvents(month.orgId)).toMatchObject([
    { days: 30, fingerprint: month.fingerprints[0] },
  ]);
  expect(await warnedEvents(fortnight.orgId)).toMatchObject([{ days: 14 }]);
  expect(await warnedEvents(days.orgId)).toMatchObject([
    { days: 3, fingerprint: days.fingerprints[0] },
  ]);
  expect(warningsTo(days.admin)[0]!.text).toContain(days.fingerprints[0]);
});

test('warns again at the next threshold', async () => {
  const organization = await activeWith([29]);
  await round();
  await bench.onboarding.owner.query(
    `UPDATE sso_configurations_projection SET certificates =
       jsonb_set(certificates, '{0,notAfter}', to_jsonb((now() + interval '10 days')::text))
     WHERE org_id = $1`,
    [organization.orgId],
  );
  expect(await round()).toBe(1);
  expect(await round()).toBe(0);
  expect((await warnedEvents(organization.orgId)).map(({ days }) => days)).toEqual([30, 14]);
});

test('where no admin can be reached, support is told', async () => {
  const unlucky = await activeWith([20]);
  const other = await activeWith([21]);
  bench.onboarding.smtp.fail(unlucky.admin, { code: 550 });
  expect(await round()).toBe(2);
  bench.onboarding.smtp.clearFaults();
  expect(warningsTo(other.admin)).toHaveLength(1);
  expect(warningsTo(SUPPORT).map(({ text }) => text)).toEqual([
    expect.stringContaining(unlucky.fingerprints[0]!),
  ]);
});

test('the API makes the schedule, and a round of it warns', async () => {
  const organization = await activeWith([5]);
  const schedule = bench.onboarding.client.schedule.getHandle(scheduleIdOf(WATCH, queue));
  await expect.poll(() => schedule.describe().catch(() => undefined)).toBeTruthy();
  const { spec, action } = await schedule.describe();
  expect(spec.calendars).toMatchObject([{ hour: [{ start: 6 }] }]);
  expect(action).toMatchObject({ taskQueue: queue });
  await schedule.trigger();
  await expect.poll(() => warningsTo(organization.admin)).toHaveLength(1);
});

describe('a certificate of metadata at an address', () => {
  const certificatesOf = async (orgId: string) =>
    (await bench.configurations.active(orgId))!.certificates.map(({ der }) => der);

  test('is replaced by what stands there, and nobody is warned', async () => {
    const { idp } = bench;
    idp.entityId = `urn:${randomUUID()}`;
    const { orgId, admin } = await activeWith([2], {
      url: idp.metadataUrl,
      entityId: idp.entityId,
    });
    expect(await round()).toBe(0);
    expect(await certificatesOf(orgId)).toEqual([idp.keys.der]);
    expect(warningsTo(admin)).toEqual([]);
    expect(await round()).toBe(0);
  });

  test.each<[string, () => { url: string; entityId: string }]>([
    ['another entity', () => ({ url: bench.idp.metadataUrl, entityId: 'urn:other' })],
    ['nothing', () => ({ url: `${bench.idp.url}/nothing`, entityId: bench.idp.entityId })],
  ])('is warned of when %s stands there', async (_case, metadata) => {
    const { orgId, admin, fingerprints } = await activeWith([2], metadata());
    expect(await round()).toBe(1);
    expect(warningsTo(admin)).toHaveLength(1);
    expect((await bench.configurations.active(orgId))!.certificates).toMatchObject([
      { fingerprint: fingerprints[0] },
    ]);
  });
});
