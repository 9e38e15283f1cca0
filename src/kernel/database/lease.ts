/** A lease with which only one of several processes does some work at a time. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { limited } from './pool.ts';

/** The work of leaders; each has a row in the table `leases` from the beginning. */
export const LEADER_WORK = ['reconciler', 'schedules'] as const;
export type LeaderWork = (typeof LEADER_WORK)[number];
/** The canary is work that may be switched off: how long ago it was done is told by its own metrics. */
type LeasedWork = LeaderWork | 'canary';

export interface Lease {
  /**
   * Runs one round of `work` while holding the lease; undefined at once when another process has it.
   * @param work stops when `held` aborts: another process may have the lease then.
   * @throws LeaseLostError when the lease could not be renewed in time, without waiting for `work`.
   */
  tryRun<T>(work: (held: AbortSignal) => Promise<T>): Promise<T | undefined>;
}

export class LeaseLostError extends Error {
  override name = 'LeaseLostError';
}

/** How long others wait for a holder that is gone. */
const LEASE_MS = 15_000;
const MINUTE_MS = 60_000;
/**
 * Longer than the work waits between two rounds: whoever cannot have the lease then, because another
 * holds it and does not end its round, says so, and says it again at most as often.
 */
const SILENT_MS: Record<LeasedWork, number> = {
  reconciler: 5 * MINUTE_MS,
  schedules: 15 * MINUTE_MS,
  canary: 60 * MINUTE_MS,
};
const RENEWALS_PER_LEASE = 3;
const STATEMENT_LIMIT_MS = 4_000;

const TAKE = `
  INSERT INTO leases (name, holder, renewed_at, expires_at)
  VALUES ($1, $2, clock_timestamp(), clock_timestamp() + $3 * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET
    holder = excluded.holder, renewed_at = excluded.renewed_at, expires_at = excluded.expires_at
  WHERE leases.expires_at <= clock_timestamp()`;
const RENEW = `
  UPDATE leases SET renewed_at = clock_timestamp(),
    expires_at = clock_timestamp() + $3 * interval '1 millisecond'
  WHERE name = $1 AND holder = $2 AND expires_at > clock_timestamp()`;
const GIVE_BACK = `
  UPDATE leases SET expires_at = clock_timestamp(),
    finished_at = CASE WHEN $3 THEN clock_timestamp() ELSE finished_at END
  WHERE name = $1 AND holder = $2`;

const FINISHED = `
  SELECT extract(epoch FROM clock_timestamp() - finished_at)::float8 AS seconds,
    extract(epoch FROM clock_timestamp() - renewed_at)::float8 AS "renewedSeconds"
  FROM leases WHERE name = $1`;

interface LeaseOptions {
  leaseMs?: number;
  /** Told when the lease cannot be had, and no round has been finished for `silentMs`. */
  logger?: Logger;
  silentMs?: number;
}

/** Says that another process holds the lease of work that comes to no end. */
function createComplaint(pool: Pool, name: LeasedWork, { logger, silentMs }: LeaseOptions) {
  const limitMs = silentMs ?? SILENT_MS[name];
  let saidAt = Number.NEGATIVE_INFINITY;
  return async (): Promise<void> => {
    if (!logger || performance.now() - saidAt < limitMs) return;
    const { rows } = await pool.query(limited(FINISHED, STATEMENT_LIMIT_MS, [name]));
    const { seconds, renewedSeconds } = rows[0] as { seconds: number; renewedSeconds: number };
    if (seconds * 1000 < limitMs) return;
    saidAt = performance.now();
    logger.warn(
      { work: name, unfinished_s: Math.round(seconds), renewed_s_ago: Math.round(renewedSeconds) },
      'another process holds the lease and does not finish its round: end the oldest API pod',
    );
  };
}

/**
 * @param leaseMs by default 15 s. It ends here no later than in the database: here it is counted from
 *   before the statement, there from within it. The clocks of both are never compared.
 */
export function createLease(pool: Pool, name: LeasedWork, options: LeaseOptions = {}): Lease {
  const { leaseMs = LEASE_MS } = options;
  const complain = createComplaint(pool, name, options);
  const changed = async (statement: string, values: unknown[]): Promise<boolean> =>
    (await pool.query(limited(statement, STATEMENT_LIMIT_MS, [name, ...values]))).rowCount === 1;

  /** Renews the lease until `ended` aborts. @returns when it is lost, and only then. */
  async function lost(holder: string, until: number, ended: AbortSignal): Promise<void> {
    let heldUntil = until;
    while (!ended.aborted) {
      await delay(leaseMs / RENEWALS_PER_LEASE, undefined, { signal: ended });
      const sentAt = performance.now();
      const renewed = await Promise.race([
        // A renewal that failed is tried again while there is time.
        changed(RENEW, [holder, leaseMs]).catch(() => undefined),
        delay(Math.max(0, heldUntil - sentAt), false, { signal: ended }),
      ]);
      if (renewed === false || performance.now() >= heldUntil) return;
      if (renewed) heldUntil = sentAt + leaseMs;
    }
  }

  return {
    async tryRun(work) {
      const holder = randomUUID();
      const until = performance.now() + leaseMs;
      if (!(await changed(TAKE, [holder, leaseMs]))) {
        await complain();
        return undefined;
      }
      const ended = new AbortController();
      const held = new AbortController();
      const never = Promise.withResolvers<never>();
      lost(holder, until, ended.signal).then(
        () => {
          const error = new LeaseLostError(`the lease of the ${name} could not be renewed`);
          held.abort(error);
          never.reject(error);
        },
        () => {
          // The round has ended.
        },
      );
      let finished = false;
      try {
        const result = await Promise.race([work(held.signal), never.promise]);
        finished = true;
        return result;
      } finally {
        ended.abort();
        // One that cannot be given back ends by itself.
        await changed(GIVE_BACK, [holder, finished]).catch(() => false);
      }
    },
  };
}
