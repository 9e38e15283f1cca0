/**
 * Events of invitations, with their payloads. Each invitation's stream begins with `user.invited`.
 */
import { type EventCatalogue, onAggregate } from '#kernel/eventStore/eventTypes.ts';
import type { BounceReason } from './contract.ts';

const invitation = onAggregate('invitation');

export const INVITATION_EVENTS = {
  'user.invited': invitation<{
    invitation_id: string;
    org_id: string;
    email: string;
    first_name: string;
    last_name: string;
    roles: string[];
    token_hash: string;
    expires_at: string;
    /** Shown to the invited person; absent for invitations of a bootstrap. */
    invited_by_name?: string;
  }>(),
  'invitation.email.sent': invitation<{
    org_id: string;
    invitation_id: string;
    email: string;
    sent_at: string;
    message_id: string;
  }>(),
  'invitation.email.failed': invitation<{
    org_id: string;
    invitation_id: string;
    failed_at: string;
    reason: string;
  }>(),
  /** The server had the whole mail, and did not say whether it accepted it. */
  'invitation.email.unknown': invitation<{
    org_id: string;
    invitation_id: string;
    /** 0 for the invitation's own mail. */
    reminder: number;
    tried_at: string;
    message_id: string;
  }>(),
  /** A mail that had been accepted came back. */
  'invitation.email.bounced': invitation<{
    org_id: string;
    invitation_id: string;
    generation: number;
    /** 0 for the invitation's own mail. */
    reminder: number;
    reason: BounceReason;
    bounced_at: string;
    message_id: string;
  }>(),
  'invitation.reminder.sent': invitation<{
    org_id: string;
    invitation_id: string;
    reminder: number;
    sent_at: string;
    message_id: string;
  }>(),
  'invitation.resent': invitation<{
    org_id: string;
    invitation_id: string;
    /** The generation of the link that is valid from now on. */
    generation: number;
    token_hash: string;
    expires_at: string;
    /** Of the update that asked for it; absent in older events. */
    request_id?: string;
  }>(),
  'invitation.expired': invitation<{ org_id: string; invitation_id: string }>(),
  'invitation.accepted': invitation<{
    org_id: string;
    invitation_id: string;
    accepted_at: string;
  }>(),
  'user.provisioned': invitation<{
    org_id: string;
    invitation_id: string;
    user_id: string;
    roles: string[];
    /** ltree path within which the roles hold. */
    scope: string;
    /** True when the address already had an account. */
    linked: boolean;
    /** Accounts that this one replaces, because nobody had confirmed their address. */
    former_user_ids?: string[];
  }>(),
  'invitation.revoked': invitation<{
    org_id: string;
    invitation_id: string;
    email: string;
    revoked_at: string;
    reason: string;
  }>(),
} as const satisfies EventCatalogue;
