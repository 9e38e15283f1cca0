/** Activities on the certificates of active identity providers. */

import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type { IdpMetadata, WarnOfExpiryInput, WatchInput } from '../contract.ts';
import { certificateExpiringMail } from '../mails.ts';
import { dueWarning, EXPIRY_WARNING_DAYS } from '../rules.ts';
import { parseMetadata } from '../saml/metadata.ts';
import type { SsoConfiguration } from '../store.ts';
import type { SsoDeps } from './deps.ts';
import { mailToAll, recipientsOf } from './mailToAll.ts';

type Certificates = Pick<SsoConfiguration, 'certificates' | 'expiryWarnings'>;

/** Certificates whose next warning is due and has not been sent. */
const dueOf = ({ certificates, expiryWarnings }: Certificates, now: number) =>
  certificates.flatMap(({ fingerprint, notAfter }) => {
    const days = dueWarning(notAfter, now);
    const warned = expiryWarnings[fingerprint] ?? Number.POSITIVE_INFINITY;
    return days !== undefined && days < warned ? [{ fingerprint, notAfter, days }] : [];
  });

const fingerprintsOf = ({ certificates }: Pick<IdpMetadata, 'certificates'>): string =>
  certificates.map(({ fingerprint }) => fingerprint).join();

export function certificateActivities(deps: SsoDeps) {
  const { config, emitEvent, organizations, ssoConfigurations, metadataFetcher } = deps;

  /** What stands at the address now; undefined when it cannot be read, or is of another entity. */
  async function metadataAt(
    { metadataUrl, entityId }: SsoConfiguration,
    signal: AbortSignal,
  ): Promise<IdpMetadata | undefined> {
    if (!metadataUrl) return undefined;
    const options = { now: Date.now(), allowLoopback: config.SSO_ALLOW_LOOPBACK };
    try {
      const metadata = parseMetadata(await metadataFetcher.fetch(metadataUrl, signal), options);
      return metadata.entityId === entityId ? metadata : undefined;
    } catch {
      // The people who are warned of the certificate will look at the address.
      return undefined;
    }
  }

  /** The configuration with the certificates that Supabase Auth will read at the next login. */
  async function refreshed(
    configuration: SsoConfiguration,
    { origin }: WatchInput,
    signal: AbortSignal,
  ): Promise<SsoConfiguration> {
    const metadata = await metadataAt(configuration, signal);
    if (!metadata || fingerprintsOf(metadata) === fingerprintsOf(configuration)) {
      return configuration;
    }
    const { certificates, validUntil } = metadata;
    await emitEvent({
      eventType: 'sso.metadata_refreshed',
      aggregateId: configuration.configurationId,
      origin,
      eventData: {
        org_id: configuration.orgId,
        certificates,
        certificate_expires: certificates.map(({ notAfter }) => notAfter).toSorted()[0]!,
        metadata_valid_until: validUntil,
      },
    });
    return { ...configuration, certificates };
  }

  return {
    /** Reads metadata that are at an address again, before it counts as ending. */
    async findExpiringCertificatesActivity(
      input: WatchInput,
      { signal }: ActivityScope,
    ): Promise<WarnOfExpiryInput[]> {
      const due: WarnOfExpiryInput[] = [];
      for (const found of await ssoConfigurations.withCertificatesEnding(EXPIRY_WARNING_DAYS[0])) {
        const configuration = await refreshed(found, input, signal);
        const { orgId, configurationId } = configuration;
        const { origin } = input;
        for (const one of dueOf(configuration, Date.now())) {
          due.push({ orgId, configurationId, origin, ...one });
        }
      }
      return due;
    },

    /**
     * Mails the organization's admins, or support if no admin is reached; once for each threshold.
     */
    async warnOfCertificateExpiryActivity(
      input: WarnOfExpiryInput,
      scope: ActivityScope,
    ): Promise<void> {
      const { orgId, origin, configurationId, fingerprint, notAfter, days } = input;
      const found = await ssoConfigurations.configuration(configurationId);
      // A round that was reset finds what it had told before.
      if ((found?.expiryWarnings[fingerprint] ?? Number.POSITIVE_INFINITY) <= days) return;
      const admins = await recipientsOf(deps, orgId);
      const organizationName = (await organizations.find(orgId))?.name ?? '';
      const content = certificateExpiringMail({ organizationName, fingerprint, notAfter, days });
      const messageId = `sso-certificate-${fingerprint.slice(0, 16)}-${days}`;
      const reached = await mailToAll(deps, scope, admins, content, messageId);
      if (reached === 0) {
        await mailToAll(deps, scope, [config.SUPPORT_EMAIL], content, messageId);
      }
      await emitEvent({
        eventType: 'sso.certificate.expiring',
        aggregateId: configurationId,
        origin,
        // Several certificates of one configuration may be due in the same round.
        ordinal: Number.parseInt(fingerprint.slice(0, 8), 16),
        eventData: { org_id: orgId, fingerprint, not_after: notAfter, days },
      });
    },
  };
}
