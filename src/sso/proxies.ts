/** Activities of the runs on single sign-on, each with its retry policy. */
import { proxyActivities } from '@temporalio/workflow';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import type {
  MailActivities,
  PatientActivities,
  ProviderActivities,
  SsoTiming,
  StoreActivities,
} from './contract.ts';

export type SsoProxies = ReturnType<typeof ssoProxies>;

export function ssoProxies(timing: Omit<SsoTiming, 'testWaitMs'>) {
  const policies = retryPolicies(timing);
  return {
    store: proxyActivities<StoreActivities>(policies.waiting),
    provider: proxyActivities<ProviderActivities>(policies.waiting),
    mail: proxyActivities<MailActivities>(policies.mail),
    patient: proxyActivities<PatientActivities>(policies.patient(timing.compensationLimitMs)),
  };
}
