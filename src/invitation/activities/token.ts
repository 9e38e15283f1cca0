/**
 * Invitation tokens: derived, so that a retried mail contains the same one and no store keeps it.
 */
import { createHash, createHmac } from 'node:crypto';

/**
 * 256 bits, base64url; always the same for the same secret, invitation and generation.
 * @param generation 0 for the first link, 1 for the one that replaced it, …
 */
export function invitationToken(secret: string, invitationId: string, generation = 0): string {
  const suffix = generation > 0 ? `:${generation}` : '';
  return createHmac('sha256', secret)
    .update(`invitation:${invitationId}${suffix}`)
    .digest('base64url');
}

/** SHA-256 of a token, hex: the store keeps only this and finds invitations by it. */
export const tokenHash = (token: string): string =>
  createHash('sha256').update(token).digest('hex');
