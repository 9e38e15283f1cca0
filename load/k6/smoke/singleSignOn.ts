/**
 * Domains and single sign-on. On the embedded stack the runner publishes the DNS record that proves
 * the domain, and the test is a real SAML round trip. Elsewhere both are missing, and the responses
 * say what is missing.
 */
import http from 'k6/http';
import { type Answer, bodyOf, call, checkStatus, read, until } from '../api.ts';
import { addressFor } from '../bootstrap.ts';
import type { AcceptedRun } from '../contracts.ts';
import { linksMailedTo } from '../mailbox.ts';
import { settings, tell } from '../settings.ts';

const DOMAINS = '/api/v1/organizations/{organizationId}/domains';
const SSO = '/api/v1/organizations/{organizationId}/sso';
const TEST = '/sso/test/{token}';
const CALLBACK = '/sso/callback';
const UNKNOWN_TOKEN = 'A'.repeat(43);

interface Claim {
  claimId: string;
  domain: string;
  status: string;
  challenge: { name: string; value: string };
}

/** Claims a domain, and verifies it where that is possible. */
export function verifyDomain({ organizationId, correlationId }: AcceptedRun): void {
  const domain = `${correlationId}.example`;
  const answer = call({
    method: 'POST',
    route: DOMAINS,
    with: { organizationId },
    body: { domain },
    expect: [202],
  });
  const { claimId, challenge } = bodyOf<Partial<Claim>>(answer);
  if (!settings.loopback || !challenge) {
    read(DOMAINS, { organizationId });
    return;
  }
  tell({ kind: 'publish', ...challenge });
  tell({ kind: 'login', account: `sso@${domain}` });
  until('a claimed domain is proved', settings.endLimitSeconds, () => {
    const { domains = [] } = read<{ domains?: Claim[] }>(DOMAINS, { organizationId });
    return domains.find((claim) => claim.claimId === claimId && claim.status === 'verified');
  });
}

/** Without an identity provider, each route says what is missing. */
function refuseSignOn(organizationId: string): void {
  const at = { with: { organizationId }, route: SSO };
  const metadataUrl = 'https://idp.example/metadata';
  call({ method: 'POST', ...at, body: { metadataUrl }, expect: [422] });
  read(SSO, { organizationId });
  call({ method: 'DELETE', ...at, body: { reason: 'load test' }, expect: [409] });
  call({
    method: 'GET',
    route: TEST,
    with: { token: UNKNOWN_TOKEN },
    isPublic: true,
    expect: [404],
  });
  postResponse({ SAMLResponse: 'none', RelayState: UNKNOWN_TOKEN }, [404]);
}

/** The form that the identity provider lets the browser post. */
function postResponse(form: Record<string, string>, expect: number[]): void {
  call({ method: 'POST', route: CALLBACK, form, isPublic: true, expect });
}

const fieldsOf = (page: Answer): Record<string, string> =>
  Object.fromEntries(
    page
      .html('input[name]')
      .toArray()
      .map((input) => [input.attr('name') ?? '', input.attr('value') ?? '']),
  );

/** As a browser: follows the link to the identity provider, and posts its response. */
function testSignOn(token: string): void {
  const expect = [200, 302];
  let page = call({ method: 'GET', route: TEST, with: { token }, isPublic: true, expect });
  if ('SAMLRequest' in fieldsOf(page)) {
    page = http.post(page.html('form').attr('action') ?? '', fieldsOf(page), {
      tags: { name: 'identity provider' },
    }) as Answer;
    checkStatus('the identity provider', page, [200]);
  }
  postResponse(fieldsOf(page), [202]);
}

function latestIs(organizationId: string, wanted: string) {
  const { latest } = read<{ latest?: { status: string } | null }>(SSO, { organizationId });
  return latest?.status === wanted || undefined;
}

/** Configures single sign-on, tests it, and switches it off again. */
export function configureSignOn({ organizationId, correlationId }: AcceptedRun): void {
  if (!settings.loopback) {
    refuseSignOn(organizationId);
    return;
  }
  const at = { with: { organizationId }, route: SSO };
  const metadataUrl = settings.loopback.idpMetadataUrl;
  call({ method: 'POST', ...at, body: { metadataUrl }, correlationId, expect: [202] });
  const links = until('the link of the test is mailed', settings.endLimitSeconds, () => {
    const found = linksMailedTo(addressFor(correlationId), /\/sso\/test\/([\w-]+)/);
    return found.length > 0 ? found : undefined;
  });
  if (!links) return;
  testSignOn(links.at(-1) ?? '');
  until('single sign-on becomes active', settings.endLimitSeconds, () =>
    latestIs(organizationId, 'active'),
  );
  call({ method: 'DELETE', ...at, body: { reason: 'load test' }, expect: [202] });
  until('single sign-on is switched off', settings.endLimitSeconds, () =>
    latestIs(organizationId, 'deactivated'),
  );
}
