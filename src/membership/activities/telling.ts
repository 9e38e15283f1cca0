/** Tells Supabase Auth what an account is a member of: one writer per account at a time. */
import { setTimeout as delay } from 'node:timers/promises';
import { isProviderError } from '#kernel/providerError.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import { type MembershipMetric, SYNC_OUTCOMES } from '../metrics.ts';
import type { AccountProvider } from '../provider.ts';
import type { AccountLease, Memberships } from '../store.ts';

export interface TellingDeps {
  memberships: Memberships;
  accounts: AccountProvider;
  metrics: Metrics<MembershipMetric>;
  logger: Logger;
}

export interface Telling {
  /**
   * One turn: takes the account, unless another writer has it, and writes what the projection has.
   * A failure is noted, and tried again after a pause that grows. @throws never for Supabase Auth.
   */
  turn(userId: string): Promise<void>;
  /** Turns until the account is told or the time is over. @returns whether it is told. */
  within(userId: string, limitMs: number): Promise<boolean>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 100;

/** Doubles with each attempt; spread, so that many accounts do not come back at once. */
const pauseAfter = (attempts: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);

/** A short reason without addresses and ids. */
const reasonOf = (error: unknown): string =>
  isProviderError(error) ? error.message : errorDetails(error).error;

export function createTelling({ memberships, accounts, metrics, logger }: TellingDeps): Telling {
  for (const outcome of SYNC_OUTCOMES) metrics.inc('account_syncs_total', { outcome }, 0);

  async function write(lease: AccountLease): Promise<void> {
    const told = await accounts.tell(lease.userId, await memberships.of(lease.userId));
    await memberships.settle(lease, { written: told === 'told', gone: told === 'gone' });
    metrics.inc('account_syncs_total', { outcome: told });
  }

  async function turn(userId: string): Promise<void> {
    const lease = await memberships.claim(userId);
    if (!lease) return;
    try {
      await write(lease);
    } catch (error) {
      const reason = reasonOf(error);
      metrics.inc('account_syncs_total', { outcome: 'failed' });
      logger.warn({ reason, attempts: lease.attempts }, 'account not told of its memberships yet');
      const asked = isProviderError(error) ? (error.retryAfterMs ?? 0) : 0;
      await memberships.postpone(lease, reason, Math.max(asked, pauseAfter(lease.attempts)));
    }
  }

  return {
    turn,
    async within(userId, limitMs) {
      const deadline = Date.now() + limitMs;
      let looked = await memberships.isTold(userId);
      while (!looked && Date.now() < deadline) {
        await Promise.race([turn(userId), delay(deadline - Date.now())]);
        looked = await memberships.isTold(userId);
        if (!looked) await delay(LOOK_AGAIN_MS * (0.5 + Math.random()));
      }
      return looked;
    },
  };
}
