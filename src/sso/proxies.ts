/** Activities of the runs on single sign-on, each with its retry policy. */
import { proxyActivities } from '@temporalio/workflow';
import { MAIL_ATTEMPTS, retryPolicies } from '#kernel/workflow/policies.ts';
import type {
  MailActivities,
  PatientActivities,
  ProviderActivities,
  SsoTiming,
  StoreActivities,
} from './contract.ts';

const PROVIDER_ATTEMPTS = 5;

export type SsoProxies = ReturnType<typeof ssoProxies>;

export function ssoProxies(timing: Omit<SsoTiming, 'testWaitMs'>) {
  const policies = retryPolicies(timing);
  return {
    store: proxyActivities<StoreActivities>(policies.store),
    provider: proxyActivities<ProviderActivities>(policies.provider(PROVIDER_ATTEMPTS)),
    mail: proxyActivities<MailActivities>(policies.provider(MAIL_ATTEMPTS)),
    patient: proxyActivities<PatientActivities>(policies.patient(timing.compensationLimitMs)),
  };
}
