/** What a token of the loopback Supabase Auth says. */
import type { JWTPayload } from 'jose';

/** A permission and the ltree scope it holds in, as Supabase's token hook writes them. */
export interface TokenPermission {
  p: string;
  s: string;
}

export interface TokenClaims {
  /** A uuid. */
  sub: string;
  orgId?: string;
  orgType?: string;
  permissions?: TokenPermission[];
  /** Anything else, to override or add. */
  extra?: JWTPayload;
  /** An hour when left out. */
  lifetimeSeconds?: number;
}
