/** Activities of a bootstrap, each with its retry policy. */
import { proxyActivities } from '@temporalio/workflow';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import type { BootstrapTiming } from './contract/timing.ts';
import type {
  CompensationActivities,
  DnsActivities,
  MailActivities,
  StoreActivities,
} from './contract.ts';

export type Proxies = ReturnType<typeof proxies>;

export function proxies(timing: BootstrapTiming) {
  const policies = retryPolicies(timing);
  return {
    store: proxyActivities<StoreActivities>(policies.waiting),
    dns: proxyActivities<DnsActivities>(policies.waiting),
    mail: proxyActivities<MailActivities>(policies.mail),
    compensation: proxyActivities<CompensationActivities>(
      policies.patient(timing.compensationLimitMs),
    ),
  };
}
