/** Remembers recently verified tokens, because pages that poll send the same token again. */
import type { JWTPayload } from 'jose';

/**
 * Shorter than jose keeps the published keys, so that a withdrawn key is not accepted for longer.
 */
const REMEMBERED_MS = 60_000;
const MAX_TOKENS = 1_000;

interface Verified {
  payload: JWTPayload;
  until: number;
}

/**
 * @param verify called for tokens that are not remembered; refused tokens are never remembered.
 * @param now current time in milliseconds, for tests.
 * @returns a function that verifies a token at most once a minute, and accepts none after its
 *   `exp`.
 */
export function rememberVerified(
  verify: (token: string) => Promise<JWTPayload>,
  now: () => number = Date.now,
): (token: string) => Promise<JWTPayload> {
  const known = new Map<string, Verified>();
  return async (token) => {
    const found = known.get(token);
    if (found && now() < found.until) return found.payload;
    known.delete(token);
    const payload = await verify(token);
    if (known.size >= MAX_TOKENS) known.delete(known.keys().next().value!);
    const until = Math.min(now() + REMEMBERED_MS, (payload.exp ?? 0) * 1000);
    known.set(token, { payload, until });
    return payload;
  };
}
