/** How often one address may call what needs no token; counted for all replicas together. */
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Middleware } from 'koa';
import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problems.ts';

const WINDOW_SECONDS = 60;
/** What a provider gives one customer at least: its hosts change their address at will. */
const IPV6_PREFIX_BYTES = 8;
/** Whatever is no address shares one count: spelling it anew must not begin a new one. */
const UNKNOWN = 'unknown';
/** `192.0.2.1:443` or `[2001:db8::1]:443`, as some proxies write the client. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[\d.]+))(?::\d+)?$/;

/**
 * @param address a client's address, from the socket or the last trusted hop.
 * @returns what its calls are counted under: an IPv4 address (also one mapped into IPv6), or the
 *   /64 of an IPv6 address.
 */
export function countedAddress(address: string): string {
  const { v6, v4 } = WITH_PORT.exec(address)?.groups ?? {};
  const bare = v6 ?? v4 ?? address;
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return bare;
  if (!ipaddr.IPv6.isValid(bare)) return UNKNOWN;
  const parsed = ipaddr.IPv6.parse(bare);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const host = new Array(16 - IPV6_PREFIX_BYTES).fill(0);
  const network = new ipaddr.IPv6([...parsed.toByteArray().slice(0, IPV6_PREFIX_BYTES), ...host]);
  return `${network}/${IPV6_PREFIX_BYTES * 8}`;
}

/** Addresses are counted, not kept. */
const keyOf = (address: string): string =>
  createHash('sha256').update(address).digest('base64url').slice(0, 22);

/** @param perMinute requests of one address or IPv6 network. While the database is away each replica counts alone. */
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
      await limiter.consume(keyOf(countedAddress(ctx.ip)));
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
