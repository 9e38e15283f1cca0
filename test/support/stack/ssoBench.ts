/** An active organization with a domain of its own, an identity provider, an API and a worker. */
import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import { followTestLink } from '#dev/demo/ssoTestBrowser.ts';
import { freePort } from '#dev/embedded/freePort.ts';
import { type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { createSsoConfigurations, type SsoConfigurations } from '#sso/store.ts';
import { created, newEvent } from '#support/history/events.ts';
import { type ApiResponse, startApi, type TestApi } from './api.ts';
import { type Onboarding, startOnboarding } from './onboarding.ts';

export interface SsoBench {
  onboarding: Onboarding;
  api: TestApi;
  idp: LoopbackIdp;
  configurations: SsoConfigurations;
  stop(): Promise<void>;
}

export interface SsoOrganization {
  orgId: string;
  domain: string;
  /** A caller who may configure single sign-on there. */
  as: {
    sub: string;
    orgId: string;
    permissions: { p: string; s: string }[];
    extra: { email: string };
  };
  requester: string;
  admin: string;
}

/** Everything but the worker. @param env of the API. */
export async function startSsoBench(env: Record<string, string> = {}): Promise<SsoBench> {
  const onboarding = await startOnboarding();
  const port = await freePort();
  onboarding.workerEnv.PUBLIC_API_URL = `http://127.0.0.1:${port}`;
  const api = await startApi(onboarding, {
    PORT: String(port),
    SSO_TEST_WAIT_SECONDS: '60',
    DOMAIN_VERIFICATION_LIMIT_SECONDS: '60',
    DOMAIN_VERIFICATION_BACKOFF_SECONDS: '0.1',
    PUBLIC_RATE_LIMIT_PER_MINUTE: '10000',
    ...env,
  });
  const idp = await startLoopbackIdp();
  return {
    onboarding,
    api,
    idp,
    configurations: createSsoConfigurations(onboarding.database.pool),
    async stop() {
      await api.stop();
      await idp.stop();
      await onboarding.stop();
    },
  };
}

/** An active organization with an administrative contact, made by its events alone. */
export async function activeOrganization({ onboarding }: SsoBench): Promise<SsoOrganization> {
  const orgId = randomUUID();
  const slug = `s${orgId.slice(0, 8)}`;
  const domain = `${slug}.example.org`;
  const admin = `admin@${domain}`;
  const store = createEventStore(onboarding.database.pool);
  const contact = { firstName: 'A', lastName: 'B', email: admin, label: 'Main' };
  const contacts = [{ ...contact, type: 'administrative' as const }];
  await store.append(newEvent('organization.created', orgId, created(slug, { contacts })));
  const activated = { activated_at: new Date().toISOString(), invitations_sent: 0 };
  await store.append(newEvent('organization.activated', orgId, activated));
  const requester = `requester@${domain}`;
  const permissions = [{ p: 'organization.configure_sso', s: slug }];
  const as = { sub: randomUUID(), orgId, permissions, extra: { email: requester } };
  return { orgId, domain, as, requester, admin };
}

/** Gives the organization a proved domain, by its events alone. */
export async function ownDomain(
  { onboarding }: SsoBench,
  orgId: string,
  domain: string,
): Promise<void> {
  const store = createEventStore(onboarding.database.pool);
  const claimId = randomUUID();
  const claim = { org_id: orgId, domain, challenge: 'challenge' };
  await store.append(newEvent('organization.domain.claimed', claimId, claim));
  const verified = { org_id: orgId, domain, verified_at: new Date().toISOString() };
  await store.append(newEvent('organization.domain.verified', claimId, verified));
}

export async function organizationWithDomain(bench: SsoBench): Promise<SsoOrganization> {
  const organization = await activeOrganization(bench);
  await ownDomain(bench, organization.orgId, organization.domain);
  return organization;
}

/** POST …/sso, by default with metadata of an identity provider of the organization's own. */
export const requestSso = (
  { api }: SsoBench,
  { orgId, as }: SsoOrganization,
  body: object,
): Promise<ApiResponse> => api.call('POST', `/api/v1/organizations/${orgId}/sso`, { body, as });

/** The link in the mail of a test; `after` so many earlier ones. */
export async function testLinkFor(
  { onboarding }: SsoBench,
  address: string,
  after = 0,
): Promise<string> {
  const links = () =>
    onboarding.smtp.mails
      .filter(({ to, subject }) => to[0] === address && subject.startsWith('Test single sign-on'))
      .map(({ text }) => /https?:\/\/\S+\/sso\/test\/[\w-]+/.exec(text)?.[0]);
  await vi.waitFor(() => expect(links().length).toBeGreaterThan(after), {
    timeout: 30_000,
    interval: 50,
  });
  return links()[after]!;
}

/** Logs in as `account` by the link of the latest test. */
export async function logIn(bench: SsoBench, link: string, account: string): Promise<Response> {
  bench.idp.account = account;
  return followTestLink(link);
}
