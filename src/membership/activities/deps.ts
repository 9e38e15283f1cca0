/** What activities and background work of memberships are made of. */
import { inPace } from '#kernel/patience/pace.ts';
import type { WorkerKernel } from '#kernel/temporal/workerKernel.ts';
import type { MembershipMetric } from '../metrics.ts';
import { type AccountProvider, createAccountProvider } from '../provider.ts';
import type { MembershipWorkerConfig } from '../settings.ts';
import { createMemberships, type Memberships } from '../store.ts';
import { createTelling, type Telling } from './telling.ts';

export interface MembershipParts {
  memberships: Memberships;
  accounts: AccountProvider;
  telling: Telling;
}

export function tellingOf({
  config,
  pool,
  pace,
  watchProvider,
  observeCall,
  metrics,
  logger,
}: Pick<
  WorkerKernel<MembershipWorkerConfig, MembershipMetric>,
  'config' | 'pool' | 'pace' | 'watchProvider' | 'observeCall' | 'metrics' | 'logger'
>): MembershipParts {
  const memberships = createMemberships(pool);
  const accounts = inPace(createAccountProvider(config, observeCall), pace, 'supabase', 2);
  watchProvider('supabase_auth', () => accounts.check());
  return {
    memberships,
    accounts,
    telling: createTelling({ memberships, accounts, metrics, logger }),
  };
}
