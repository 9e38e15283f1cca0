/** Limits how often something is done, in PostgreSQL, so that all replicas of the API count together. */
import type { Pool, QueryConfig } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problems.ts';

/** The library names its statements, and named ones fail behind a pooler in transaction mode. */
const unnamed = (pool: Pool) => ({
  query: ({ text, values }: QueryConfig) => pool.query(text, values),
});

export interface Limit {
  /** Distinguishes the counts of this limit from those of others. */
  name: string;
  /** How much is allowed within `seconds`. */
  points: number;
  seconds: number;
}

/** Counts in the database; while it is not available, each replica counts on its own. */
export const sharedLimiter = (pool: Pool, { name, points, seconds }: Limit): RateLimiterPostgres =>
  new RateLimiterPostgres({
    points,
    duration: seconds,
    storeClient: unnamed(pool),
    storeType: 'pool',
    tableName: 'rate_limits',
    keyPrefix: name,
    tableCreated: true,
    insuranceLimiter: new RateLimiterMemory({ points, duration: seconds }),
  });

/** @throws what is no refusal. @returns the seconds after which to try again. */
export function retryAfter(refused: unknown): string {
  if (!(refused instanceof RateLimiterRes)) throw refused;
  return String(Math.max(1, Math.ceil(refused.msBeforeNext / 1000)));
}

export interface Quota {
  /** Takes from what is left. @throws Problem 429 that names the limit; nothing is taken then. */
  take(key: string, amount?: number): Promise<void>;
  /** Gives back what was taken and not used. */
  giveBack(key: string, amount?: number): Promise<void>;
}

const UNLIMITED: Quota = { take: async () => {}, giveBack: async () => {} };

/** @param refusal code, title and detail of the problem. A limit of 0 points or seconds is none. */
export function createQuota(
  pool: Pool,
  limit: Limit,
  refusal: { code: string; title: string; detail: string },
): Quota {
  if (limit.points === 0 || limit.seconds === 0) return UNLIMITED;
  const limiter = sharedLimiter(pool, limit);
  const { code, title, detail } = refusal;
  return {
    async take(key, amount = 1) {
      try {
        await limiter.consume(key, amount);
      } catch (refused) {
        const headers = { 'retry-after': retryAfter(refused) };
        // The library counts what it refuses as well.
        await limiter.reward(key, amount);
        throw new Problem(429, code, title, { detail, headers });
      }
    },
    async giveBack(key, amount = 1) {
      await limiter.reward(key, amount);
    },
  };
}
