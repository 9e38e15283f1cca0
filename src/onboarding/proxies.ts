/** Activities of a bootstrap, each with its retry policy. */
import { proxyActivities } from '@temporalio/workflow';
import { MAIL_ATTEMPTS, retryPolicies } from '#kernel/workflow/policies.ts';
import type { BootstrapTiming } from './contract/timing.ts';
import type {
  CompensationActivities,
  DnsActivities,
  MailActivities,
  StoreActivities,
} from './contract.ts';

/** docs/seed.md requires that DNS configuration gives up after three attempts. */
const DNS_ATTEMPTS = 3;

export type Proxies = ReturnType<typeof proxies>;

export function proxies(timing: BootstrapTiming) {
  const policies = retryPolicies(timing);
  return {
    store: proxyActivities<StoreActivities>(policies.store),
    dns: proxyActivities<DnsActivities>(policies.provider(DNS_ATTEMPTS)),
    mail: proxyActivities<MailActivities>(policies.provider(MAIL_ATTEMPTS)),
    compensation: proxyActivities<CompensationActivities>(
      policies.patient(timing.compensationLimitMs),
    ),
  };
}
