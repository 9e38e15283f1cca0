/** Queries on memberships, and on the accounts that Supabase Auth has to be told about. */
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import type { Membership } from './contract.ts';

/** A writer's hold on one account, for a limited time. */
export interface AccountLease {
  userId: string;
  lease: string;
  /** The version of the memberships that the writer at least sees. */
  version: string;
  attempts: number;
}

export interface Backlog {
  behind: number;
  oldestSeconds: number;
}

export type Memberships = ReturnType<typeof createMemberships>;

/** Longer than all calls of one turn together (provider.ts), so that a live writer never loses it. */
const LEASE_SECONDS = 150;
/** When to look once more: calls of others that began before ours have ended by then. */
const CHECK_AFTER_SECONDS = 30;

const CLAIM = `UPDATE account_syncs
  SET lease = gen_random_uuid(), leased_until = clock_timestamp() + $2 * interval '1 second'
  WHERE user_id = $1
    AND (behind_since IS NOT NULL AND next_attempt_at <= clock_timestamp()
      OR check_at <= clock_timestamp())
    AND (leased_until IS NULL OR leased_until <= clock_timestamp())
  RETURNING user_id AS "userId", lease, version, attempts`;

/** A change that came after the claim leaves the account behind: the next turn tells it. */
const SETTLE = `UPDATE account_syncs
  SET lease = NULL, leased_until = NULL, attempts = 0, last_error = NULL,
    behind_since = CASE WHEN version = $3 THEN NULL ELSE behind_since END,
    check_at = CASE WHEN $4 THEN clock_timestamp() + $5 * interval '1 second' END,
    gone_at = CASE WHEN $6 THEN coalesce(gone_at, clock_timestamp()) END
  WHERE user_id = $1 AND lease = $2`;

const POSTPONE = `UPDATE account_syncs
  SET lease = NULL, leased_until = NULL, attempts = attempts + 1, last_error = $3,
    behind_since = coalesce(behind_since, clock_timestamp()),
    next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond'
  WHERE user_id = $1 AND lease = $2`;

/** Whoever lost the lease may have overwritten what its successor wrote. */
const DOUBT = `UPDATE account_syncs
  SET version = version + 1, behind_since = coalesce(behind_since, clock_timestamp()),
    next_attempt_at = clock_timestamp()
  WHERE user_id = $1`;

const DUE = `SELECT user_id AS "userId" FROM account_syncs
  WHERE (behind_since IS NOT NULL AND next_attempt_at <= clock_timestamp()
      OR check_at <= clock_timestamp())
    AND (leased_until IS NULL OR leased_until <= clock_timestamp())
  ORDER BY next_attempt_at LIMIT $1`;

const BACKLOG = `SELECT count(*)::float8 AS behind,
    coalesce(extract(epoch FROM clock_timestamp() - min(behind_since)), 0)::float8 AS "oldestSeconds"
  FROM account_syncs WHERE behind_since IS NOT NULL`;

export function createMemberships(pool: Pool) {
  const db = typed(pool);

  async function released(sql: string, lease: AccountLease, values: unknown[]): Promise<void> {
    const { rowCount } = await pool.query(sql, [lease.userId, lease.lease, ...values]);
    if (rowCount === 0) await pool.query(DOUBT, [lease.userId]);
  }

  return {
    /** What the account is a member of, the oldest membership first. */
    async of(userId: string): Promise<Membership[]> {
      const { rows } = await pool.query<Membership>(
        'SELECT org_id, roles, scope, invitation_id FROM memberships_of($1)',
        [userId],
      );
      return rows;
    },

    /** True when an acceptance was stored for the account, whatever became of the membership. */
    async wasMember(userId: string): Promise<boolean> {
      const row = await db
        .selectFrom('memberships_projection')
        .select('invitation_id')
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return row !== undefined;
    },

    /** True when Supabase Auth has what the projection has. */
    async isTold(userId: string): Promise<boolean> {
      const row = await db
        .selectFrom('account_syncs')
        .select('behind_since')
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return !row?.behind_since;
    },

    /** @returns undefined when there is nothing to tell, or another writer is at it. */
    async claim(userId: string): Promise<AccountLease | undefined> {
      const { rows } = await pool.query<AccountLease>(CLAIM, [userId, LEASE_SECONDS]);
      return rows[0];
    },

    /** @param written true when something was changed at Supabase Auth: it is checked once more. */
    settle: (lease: AccountLease, { written = false, gone = false }): Promise<void> =>
      released(SETTLE, lease, [lease.version, written, CHECK_AFTER_SECONDS, gone]),

    /** @param error without personal data; operators read it. */
    postpone: (lease: AccountLease, error: string, pauseMs: number): Promise<void> =>
      released(POSTPONE, lease, [error, pauseMs]),

    /** Accounts that can be told now, the longest waiting first. */
    async due(limit: number): Promise<string[]> {
      const { rows } = await pool.query<{ userId: string }>(DUE, [limit]);
      return rows.map(({ userId }) => userId);
    },

    /** Notes that the account is about to be replaced on behalf of this invitation. */
    async noteReplacement(invitationId: string, formerUserId: string): Promise<void> {
      await db
        .insertInto('account_replacements')
        .values({ invitation_id: invitationId, former_user_id: formerUserId })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** Accounts that were replaced on behalf of this invitation. */
    async replacedBy(invitationId: string): Promise<string[]> {
      const rows = await db
        .selectFrom('account_replacements')
        .select('former_user_id as id')
        .where('invitation_id', '=', invitationId)
        .orderBy('former_user_id')
        .execute();
      return rows.map(({ id }) => id);
    },

    async backlog(): Promise<Backlog> {
      const { rows } = await pool.query<Backlog>(BACKLOG);
      return rows[0]!;
    },
  };
}
