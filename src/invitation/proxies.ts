/** The activities of UserInvitationWorkflow, each under the retry policy meant for it. */
import { proxyActivities } from '@temporalio/workflow';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import type {
  AccountActivities,
  InvitationTiming,
  MailActivities,
  StoreActivities,
} from './contract.ts';

export function activitiesFor(timing: InvitationTiming) {
  const policies = retryPolicies(timing);
  return {
    store: proxyActivities<StoreActivities>(policies.unlimited),
    account: proxyActivities<AccountActivities>(policies.quick),
    mail: proxyActivities<MailActivities>(policies.mail),
  };
}
