/** How often one address may call what needs no token; counted for all replicas together. */
import { createHash } from 'node:crypto';
import type { Middleware } from 'koa';
import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problems.ts';

const WINDOW_SECONDS = 60;

/** Addresses are counted, not kept. */
const keyOf = (address: string): string =>
  createHash('sha256').update(address).digest('base64url').slice(0, 22);

/** @param perMinute requests of one address. While the database is away each replica counts alone. */
export function rateLimit(pool: Pool, perMinute: number): Middleware {
  const limits = { points: perMinute, duration: WINDOW_SECONDS };
  const limiter = new RateLimiterPostgres({
    ...limits,
    storeClient: pool,
    tableName: 'rate_limits',
    keyPrefix: 'public',
    tableCreated: true,
    insuranceLimiter: new RateLimiterMemory(limits),
  });
  return async (ctx, next) => {
    try {
      await limiter.consume(keyOf(ctx.ip));
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const seconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
      throw new Problem(429, 'too-many-requests', 'Too many requests from this address', {
        headers: { 'retry-after': String(seconds) },
      });
    }
    await next();
  };
}
