/** The activities of UserInvitationWorkflow, each under the retry policy meant for it. */
import { proxyActivities } from '@temporalio/workflow';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import type {
  AccountActivities,
  InvitationTiming,
  MailActivities,
  StoreActivities,
} from './contract.ts';

/** In older runs a mail is sent in the turn of a transition, which it must not hold up for hours. */
const MAIL_ATTEMPTS_IN_TURN = 5;

/** @param mailsApart false in runs that send their mails in turn. */
export function activitiesFor(timing: InvitationTiming, mailsApart: boolean) {
  const policies = retryPolicies(timing);
  return {
    store: proxyActivities<StoreActivities>(policies.unlimited),
    account: proxyActivities<AccountActivities>(policies.quick),
    mail: proxyActivities<MailActivities>(
      mailsApart ? policies.mail : policies.attempts(MAIL_ATTEMPTS_IN_TURN),
    ),
  };
}
