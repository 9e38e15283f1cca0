/** Organizations that may configure single sign-on, and who does it there. */
import { randomUUID } from 'node:crypto';
import { makeActiveOrganization, ownDomain } from '#support/history/organizations.ts';
import type { SsoBench } from '#support/stack/ssoBench.ts';

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

/** An active organization with an administrative contact, made by its events alone. */
export async function activeOrganization({ onboarding }: SsoBench): Promise<SsoOrganization> {
  const slug = `s${randomUUID().slice(0, 8)}`;
  const domain = `${slug}.example.org`;
  const admin = `admin@${domain}`;
  const contact = { firstName: 'A', lastName: 'B', email: admin, label: 'Main' };
  const contacts = [{ ...contact, type: 'administrative' as const }];
  const { orgId } = await makeActiveOrganization(onboarding.database.pool, { slug, contacts });
  const requester = `requester@${domain}`;
  const permissions = [{ p: 'organization.configure_sso', s: slug }];
  const as = { sub: randomUUID(), orgId, permissions, extra: { email: requester } };
  return { orgId, domain, as, requester, admin };
}

/** The same with its domain proved. */
export async function organizationWithDomain(bench: SsoBench): Promise<SsoOrganization> {
  const organization = await activeOrganization(bench);
  await ownDomain(bench.onboarding.database.pool, organization.orgId, organization.domain);
  return organization;
}
