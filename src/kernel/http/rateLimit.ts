/** Limits how often one address may call routes without a token; counted over all replicas. */
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Middleware } from 'koa';
import type { Pool } from 'pg';
import { Problem } from './problems.ts';
import { retryAfter, sharedLimiter } from './quota.ts';

const WINDOW_SECONDS = 60;
/** The smallest network of one customer: its hosts can change their address within it. */
const IPV6_PREFIX_BYTES = 8;
/** All invalid addresses share one count: another spelling must not start a new count. */
const UNKNOWN = 'unknown';
/** Some proxies write the client as `192.0.2.1:443` or `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[\d.]+))(?::\d+)?$/;

/**
 * @param address a client's address, from the socket or the last trusted proxy.
 * @returns the key for counting: an IPv4 address (also one mapped into IPv6), or the /64 network of
 *   an IPv6 address.
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

/** Only a hash of the address is stored. */
const keyOf = (address: string): string =>
  createHash('sha256').update(address).digest('base64url').slice(0, 22);

/**
 * While the database is not available, each replica counts on its own.
 * @param perMinute allowed requests of one IPv4 address or IPv6 network.
 */
export function rateLimit(pool: Pool, perMinute: number): Middleware {
  const limiter = sharedLimiter(pool, {
    name: 'public',
    points: perMinute,
    seconds: WINDOW_SECONDS,
  });
  return async (ctx, next) => {
    try {
      await limiter.consume(keyOf(countedAddress(ctx.ip)));
    } catch (refused) {
      throw new Problem(429, 'too-many-requests', 'Too many requests from this address', {
        headers: { 'retry-after': retryAfter(refused) },
      });
    }
    await next();
  };
}
