/** The full demonstration of a domain (proved by DNS) and of single sign-on (tested by a login). */
import type { OrganizationDomain } from '#domainClaim/store.ts';
import { type DemoPart, type DemoScene, eventsOf, mailTo, until } from './demoPart.ts';
import { followTestLink } from './ssoTestBrowser.ts';

interface ClaimedDomain extends Pick<OrganizationDomain, 'claimId' | 'status' | 'reason'> {
  workflowId: string;
  challenge: { type: 'TXT'; name: string; value: string };
}

interface Configuration {
  configurationId: string;
  status: string;
  entityId: string;
  providerId: string;
  domains: string[];
  certificates: { fingerprint: string }[];
  failureStage: string | null;
  error: string | null;
}

/** Claims a domain and publishes its TXT record in the loopback DNS, which serves it over UDP. */
export async function verifyDomain(scene: DemoScene, domain: string): Promise<DemoPart> {
  const { api, organizationId, stack } = scene;
  const startedAt = Date.now();
  const path = `/api/v1/organizations/${organizationId}/domains`;
  const { claimId, challenge, workflowId } = await api.post<ClaimedDomain>(path, { domain });
  const { type, name, value } = challenge;
  stack.dns.set(claimId, [{ name, type, value }]);
  const { status, reason } = await until(scene, `the proof of ${domain}`, async () => {
    const { domains } = await api.get<{ domains: ClaimedDomain[] }>(path);
    return domains.find((claim) => claim.claimId === claimId && claim.status !== 'pending');
  });
  if (status !== 'verified') throw new Error(`the claim of ${domain} is ${status}: ${reason}`);
  return {
    name: 'verifiedDomain',
    title: 'A domain is claimed, and proved by a TXT record',
    workflowId,
    startedAt,
    facts: { domain, status, record: `${name} TXT ${value}` },
    events: await eventsOf(scene, claimId),
  };
}

const pathOf = ({ organizationId }: DemoScene) => `/api/v1/organizations/${organizationId}/sso`;

/** The latest configuration. @throws Error with the reason when it has failed. */
async function latestOf(scene: DemoScene): Promise<Configuration | null> {
  const { latest } = await scene.api.get<{ latest: Configuration | null }>(pathOf(scene));
  if (!latest || !['failed', 'cancelled'].includes(latest.status)) return latest;
  throw new Error(`single sign-on has ${latest.status} at ${latest.failureStage}: ${latest.error}`);
}

/** Follows the link of the test and logs in as `account`. */
async function testLogin(scene: DemoScene, account: string): Promise<void> {
  const linked = /https?:\/\/\S+\/sso\/test\/[\w-]+/;
  const link = await until(scene, 'the link of the test by e-mail', async () => {
    await latestOf(scene);
    const mails = scene.stack.smtp.mails.filter(({ to }) => to.includes(scene.requester));
    return mails.flatMap(({ text }) => linked.exec(text)?.[0] ?? [])[0];
  });
  scene.stack.idp.account = account;
  const answer = await followTestLink(link);
  if (answer.ok) return;
  const { title, detail } = (await answer.json()) as { title?: string; detail?: string };
  throw new Error(`the test login answered ${answer.status}: ${title}: ${detail}`);
}

/**
 * Configures the identity provider of the stack, logs in through it, and waits until it is active.
 */
export async function configureSso(scene: DemoScene, account: string): Promise<DemoPart> {
  const { api, requester, stack } = scene;
  const startedAt = Date.now();
  const metadata = { metadataUrl: stack.idp.metadataUrl };
  const { workflowId, configurationId } = await api.post<{
    workflowId: string;
    configurationId: string;
  }>(pathOf(scene), metadata);
  await testLogin(scene, account);
  const active = await until(scene, 'single sign-on to be active', async () => {
    const latest = await latestOf(scene);
    return latest?.status === 'active' ? latest : undefined;
  });
  const provider = stack.supabase.sso.providers.find(({ id }) => id === active.providerId);
  const opened = provider?.domains.map(({ domain }) => domain) ?? [];
  if (opened.join() !== active.domains.join()) {
    throw new Error(`Supabase has the provider for ${opened.join(', ') || 'no domain'}`);
  }
  const news = await mailTo(scene, requester, 'the news by e-mail', ({ subject }) =>
    subject.endsWith('is active'),
  );
  return {
    name: 'singleSignOn',
    title: 'Single sign-on is configured, tested by a SAML round trip, and opened',
    workflowId,
    startedAt,
    facts: {
      status: active.status,
      identityProvider: active.entityId,
      certificate: `SHA-256 ${active.certificates[0]?.fingerprint.slice(0, 16)}…`,
      testedAs: account,
      providerId: active.providerId,
      domains: opened.join(', '),
      mail: `"${news.subject}" to ${news.to.join(', ')}`,
    },
    events: await eventsOf(scene, configurationId),
  };
}
