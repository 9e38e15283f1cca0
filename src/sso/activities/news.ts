/** The activity that mails people about the end of a run. */

import type { MailContent } from '#kernel/mail/mailContent.ts';
import type { ActivityScope } from '#kernel/temporal/activity.ts';
import type { NotifySsoInput } from '../contract.ts';
import { ssoActivatedMail, ssoDeactivatedMail, ssoFailedMail } from '../mails.ts';
import type { SsoDeps } from './deps.ts';
import { mailToAll, recipientsOf } from './mailToAll.ts';

function contentOf(news: NotifySsoInput['news'], organizationName: string): MailContent {
  if (news.kind === 'activated') return ssoActivatedMail({ organizationName, ...news });
  if (news.kind === 'failed') return ssoFailedMail({ organizationName, ...news });
  return ssoDeactivatedMail({ organizationName });
}

export function newsActivities(deps: SsoDeps) {
  const { organizations } = deps;
  const nameOf = async (orgId: string) => (await organizations.find(orgId))?.name ?? '';

  return {
    async notifySSOActivity(input: NotifySsoInput, scope: ActivityScope): Promise<void> {
      const { orgId, subjectId, requesterEmail, news } = input;
      const recipients = await recipientsOf(deps, orgId, requesterEmail);
      const content = contentOf(news, await nameOf(orgId));
      await mailToAll(deps, scope, recipients, content, `sso-${news.kind}-${subjectId}`);
    },
  };
}
