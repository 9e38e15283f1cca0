/** Reads the result of a demonstration from the API, the DNS (over UDP) and the mailbox. */
import { Resolver } from 'node:dns/promises';
import type { Stack } from '#dev/embedded/stack.ts';
import type { CloudflareRecord } from '#dev/loopback/cloudflareZone.ts';
import type { Invitation } from '#invitation/store.ts';
import type { Lineage } from '#organization/lineage.ts';
import type { ApiClient } from './apiClient.ts';

export interface DemoSummary {
  lineage: Lineage<Invitation>;
  dnsRecords: Pick<CloudflareRecord, 'id' | 'name' | 'type' | 'content' | 'proxied' | 'comment'>[];
  /** The answer of each resolver for the organization's domain. */
  resolved: { resolver: string; addresses: string[] }[];
  mails: { to: string; subject: string; messageId: string; correlationId: string }[];
}

async function resolve(server: string, domain: string) {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([server]);
  return { resolver: server, addresses: await resolver.resolve4(domain).catch(() => []) };
}

export async function summaryOf(
  api: ApiClient,
  stack: Stack,
  organizationId: string,
): Promise<DemoSummary> {
  const lineage = await api.get<Lineage<Invitation>>(
    `/api/v1/organizations/${organizationId}/lineage`,
  );
  const domain = lineage.organization.domain ?? '';
  return {
    lineage,
    dnsRecords: stack.cloudflare.zone
      .list()
      .map(({ id, name, type, content, proxied, comment }) => ({
        id,
        name,
        type,
        content,
        proxied,
        comment,
      })),
    resolved: await Promise.all(stack.dns.resolvers.map((server) => resolve(server, domain))),
    mails: stack.smtp.mails.map(({ to, subject, messageId, correlationId }) => ({
      to: to.join(', '),
      subject,
      messageId,
      correlationId,
    })),
  };
}

/** Differences from the expected result of a successful run; empty when there are none. */
export function problemsOf(
  { lineage, dnsRecords, resolved, mails }: DemoSummary,
  expected: { correlationId: string; users: number },
): string[] {
  const { organization, projections, correlationIds, events } = lineage;
  const allCorrelationIds = [...correlationIds, ...mails.map((mail) => mail.correlationId)];
  const delivered = projections.invitations.filter(({ emailStatus }) => emailStatus === 'sent');
  const checks: [ok: boolean, problem: string][] = [
    [organization.status === 'active', `the organization is ${organization.status}`],
    [dnsRecords.length === 1, `there are ${dnsRecords.length} DNS records instead of 1`],
    [
      resolved.every(({ addresses }) => addresses.length > 0),
      `not every resolver knows ${organization.domain}`,
    ],
    [delivered.length === expected.users, `${delivered.length} invitations are recorded as sent`],
    [mails.length === expected.users, `${mails.length} mails arrived instead of ${expected.users}`],
    [
      allCorrelationIds.every((id) => id === expected.correlationId),
      'not everything carries the correlation id of the request',
    ],
    [events.every((event) => event.processedAt !== null), 'an event is not projected'],
  ];
  return checks.filter(([ok]) => !ok).map(([, problem]) => problem);
}
