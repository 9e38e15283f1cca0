/** Activities that mail people about the end of a run and about expiring certificates. */

import type { MailContent } from '#kernel/mail/mailContent.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type { NotifySsoInput, WarnOfExpiryInput, WatchInput } from '../contract.ts';
import {
  certificateExpiringMail,
  ssoActivatedMail,
  ssoDeactivatedMail,
  ssoFailedMail,
} from '../mails.ts';
import { dueWarning, EXPIRY_WARNING_DAYS } from '../rules.ts';
import type { SsoConfiguration } from '../store.ts';
import type { SsoDeps } from './deps.ts';
import { mailToAll, recipientsOf } from './mailToAll.ts';

function contentOf(news: NotifySsoInput['news'], organizationName: string): MailContent {
  if (news.kind === 'activated') return ssoActivatedMail({ organizationName, ...news });
  if (news.kind === 'failed') return ssoFailedMail({ organizationName, ...news });
  return ssoDeactivatedMail({ organizationName });
}

/** Certificates whose next warning is due and has not been sent. */
const dueOf = ({ certificates, expiryWarnings }: SsoConfiguration, now: number) =>
  certificates.flatMap(({ fingerprint, notAfter }) => {
    const days = dueWarning(notAfter, now);
    const warned = expiryWarnings[fingerprint] ?? Number.POSITIVE_INFINITY;
    return days !== undefined && days < warned ? [{ fingerprint, notAfter, days }] : [];
  });

export function newsActivities(deps: SsoDeps) {
  const { config, emitEvent, organizations, ssoConfigurations } = deps;
  const nameOf = async (orgId: string) => (await organizations.find(orgId))?.name ?? '';

  return {
    async notifySSOActivity(input: NotifySsoInput, scope: ActivityScope): Promise<void> {
      const { orgId, subjectId, requesterEmail, news } = input;
      const recipients = await recipientsOf(deps, orgId, requesterEmail);
      const content = contentOf(news, await nameOf(orgId));
      await mailToAll(deps, scope, recipients, content, `sso-${news.kind}-${subjectId}`);
    },

    async findExpiringCertificatesActivity({ origin }: WatchInput): Promise<WarnOfExpiryInput[]> {
      const found = await ssoConfigurations.withCertificatesEnding(EXPIRY_WARNING_DAYS[0]);
      const now = Date.now();
      return found.flatMap((configuration) =>
        dueOf(configuration, now).map((due) => ({
          orgId: configuration.orgId,
          configurationId: configuration.configurationId,
          origin,
          ...due,
        })),
      );
    },

    /**
     * Mails the organization's admins, or support if no admin is reached; once for each threshold.
     */
    async warnOfCertificateExpiryActivity(
      input: WarnOfExpiryInput,
      scope: ActivityScope,
    ): Promise<void> {
      const { orgId, origin, configurationId, fingerprint, notAfter, days } = input;
      const admins = await recipientsOf(deps, orgId);
      const organizationName = await nameOf(orgId);
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
