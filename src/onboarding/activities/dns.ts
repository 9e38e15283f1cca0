/** Activities on the organization's DNS: each makes one change or lookup, then emits one event. */

import { EventRefusedError } from '#kernel/eventStore/emitEvent.ts';
import { sendOnce } from '#kernel/mail/sendOnce.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import { type DnsCheck, judgeDns } from '#kernel/workflow/dnsCheck.ts';
import { requirePermitted } from '#organization/permitted.ts';
import { fqdnOf } from '#organization/rules.ts';
import type {
  CompensationInput,
  ConfigureDnsInput,
  ConfigureDnsResult,
  DnsSkippedInput,
  DnsTimedOutInput,
  VerifyDnsInput,
} from '../contract.ts';
import { verificationTimedOutMail } from '../mails.ts';
import type { OnboardingDeps } from './deps.ts';

export function dnsActivities(deps: OnboardingDeps) {
  const { config, emitEvent, organizations, dnsProvider, resolvers, emailProvider } = deps;
  return {
    /** A record whose organization is not being set up any more is removed again. */
    async configureDNSActivity(
      { orgId, origin, subdomain }: ConfigureDnsInput,
      { signal }: ActivityScope,
    ): Promise<ConfigureDnsResult> {
      const fqdn = fqdnOf(subdomain, config.PLATFORM_BASE_DOMAIN);
      requirePermitted(await organizations.find(orgId), 'organization.subdomain.dns_created');
      const record = await dnsProvider.ensureRecord({ orgId, fqdn }, { signal });
      await emitEvent({
        eventType: 'organization.subdomain.dns_created',
        aggregateId: orgId,
        origin,
        eventData: {
          subdomain,
          domain: fqdn,
          cloudflare_record_id: record.id,
          cloudflare_zone_id: record.zoneId,
          dns_record_type: record.type,
          dns_record_value: record.content,
        },
      }).catch(async (error) => {
        if (error instanceof EventRefusedError) {
          const { id: recordId, zoneId } = record;
          await dnsProvider.removeRecords({ orgId, fqdn, recordId, zoneId }, { signal });
        }
        throw error;
      });
      return { fqdn, record };
    },

    /**
     * One lookup at every resolver; emits `organization.subdomain.verified` when a quorum agrees.
     */
    async verifyDNSActivity({ orgId, origin, fqdn, attempt }: VerifyDnsInput): Promise<DnsCheck> {
      const check = judgeDns(
        await resolvers.check(fqdn, {
          target: config.DNS_TARGET,
          proxyRanges: config.DNS_PROXIED ? config.CLOUDFLARE_PROXY_RANGES : [],
        }),
      );
      if (check.verified) {
        await emitEvent({
          eventType: 'organization.subdomain.verified',
          aggregateId: orgId,
          origin,
          eventData: {
            domain: fqdn,
            verified_at: new Date().toISOString(),
            verification_method: 'dns_quorum',
            verification_attempts: attempt,
          },
        });
      }
      return check;
    },

    async reportDNSTimeoutActivity({ orgId, origin, fqdn, attempts, round }: DnsTimedOutInput) {
      await emitEvent({
        eventType: 'organization.dns.verification_timed_out',
        aggregateId: orgId,
        origin,
        ordinal: round,
        eventData: { domain: fqdn, verification_attempts: attempts, round },
      });
    },

    /**
     * Mails the support address that a person must decide; the event has already been emitted. A
     * canary ends by itself.
     */
    async notifySupportActivity(
      { orgId, fqdn, attempts, round }: DnsTimedOutInput,
      scope: ActivityScope,
    ): Promise<void> {
      const organization = await organizations.find(orgId);
      if (organization?.kind === 'canary') return;
      const mail = {
        kind: 'support',
        to: config.SUPPORT_EMAIL,
        ...verificationTimedOutMail({
          orgId,
          organizationName: organization?.name ?? orgId,
          domain: fqdn,
          attempts,
        }),
        messageId: `dns-${orgId}-${round}`,
        correlationId: currentCorrelationId() ?? '',
      };
      await sendOnce(scope, (options) => emailProvider.send(mail, options));
    },

    async skipDNSVerificationActivity({ orgId, origin, fqdn, attempts }: DnsSkippedInput) {
      await emitEvent({
        eventType: 'organization.subdomain.verification_skipped',
        aggregateId: orgId,
        origin,
        eventData: { domain: fqdn, verification_attempts: attempts },
      });
    },

    /**
     * Compensation of configureDNSActivity: removes every record that this organization owns, even
     * if the run never learned that it was created. @returns how many were removed.
     */
    async removeDNSActivity(
      { orgId, origin, reason }: CompensationInput,
      { signal, remember, remembered }: ActivityScope,
    ): Promise<number> {
      const organization = await organizations.find(orgId);
      if (!organization?.domain) return 0;
      const { domain, cloudflareRecordId: recordId, cloudflareZoneId: zoneId } = organization;
      // Of earlier attempts, too: they may have removed a record without emitting the event.
      const removed = Array.isArray(remembered) ? remembered.map(String) : [];
      const onRemoved = (id: string) => {
        removed.push(id);
        remember([...removed]);
      };
      await dnsProvider.removeRecords(
        { orgId, fqdn: domain, ...(recordId && { recordId }), ...(zoneId && { zoneId }) },
        { signal, onRemoved },
      );
      if (removed.length > 0 || recordId) {
        await emitEvent({
          eventType: 'organization.dns.removed',
          aggregateId: orgId,
          origin,
          eventData: {
            domain,
            record_ids: removed,
            reason,
          },
        });
      }
      return removed.length;
    },
  };
}
