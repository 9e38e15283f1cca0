/** The claims of a token that the loopback Supabase Auth issues. */
import type { JWTPayload } from 'jose';

/** A permission and the ltree path of its scope, as Supabase's token hook writes them. */
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
  /** Other claims to add or override. */
  extra?: JWTPayload;
  /** By default one hour. */
  lifetimeSeconds?: number;
}
