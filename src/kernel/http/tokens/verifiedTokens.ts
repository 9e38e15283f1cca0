/** Remembers recently verified tokens, because pages that poll send the same token again. */
import type { JWTPayload } from 'jose';

/** With the age of the published keys, this is the time until a removed key is refused. */
const REMEMBERED_MS = 30_000;
const MAX_TOKENS = 1_000;

interface Verified {
  payload: JWTPayload;
  until: number;
}

export interface VerifiedTokens {
  /** Verifies a token at most every 30 s, and accepts none after its `exp`. */
  verify(token: string): Promise<JWTPayload>;
  /** Forgets all: the keys that verified them have changed. */
  forget(): void;
}

/**
 * @param verify called for tokens that are not remembered; refused tokens are never remembered.
 * @param now current time in milliseconds, for tests.
 */
export function rememberVerified(
  verify: (token: string) => Promise<JWTPayload>,
  now: () => number = Date.now,
): VerifiedTokens {
  const known = new Map<string, Verified>();
  return {
    async verify(token) {
      const found = known.get(token);
      if (found && now() < found.until) return found.payload;
      known.delete(token);
      const payload = await verify(token);
      if (known.size >= MAX_TOKENS) known.delete(known.keys().next().value!);
      const until = Math.min(now() + REMEMBERED_MS, (payload.exp ?? 0) * 1000);
      known.set(token, { payload, until });
      return payload;
    },
    forget: () => known.clear(),
  };
}
