/** UserInvitationWorkflow: its names, id, input, state and activities. */

import { workflowIds } from '#kernel/workflow/ids.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import { DEFAULT_RETRY_TIMING } from '#kernel/workflow/timing.ts';
import { INVITATION_TTL_MS } from './rules.ts';

/** Permission to invite people, and to see who was invited. */
export const INVITE_USERS = 'user.invite';

export interface InvitedUser {
  email: string;
  firstName: string;
  lastName: string;
  role: string;
}

export type InvitationStatus = 'pending' | 'accepted' | 'expired' | 'revoked';

/** Search attribute: the invitation's state. */
export const SEARCH_ATTRIBUTE_STATUS = 'invitation_status';

export const USER_INVITATION = 'UserInvitationWorkflow';

/** `user-invitation-{invitationId}`. */
export const userInvitationWorkflowId = workflowIds('user-invitation-').idOf;

/** How long an invitation waits, in milliseconds. Part of the input, for deterministic replays. */
export interface InvitationTiming {
  ttlMs: number;
  /** Pause before each reminder; 0 for no reminders. */
  reminderAfterMs: number;
  /** At most two. */
  maxReminders: number;
  retryInitialMs: number;
  heartbeatTimeoutMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export const MAX_REMINDERS = 2;

/** Why a mail came back; `suppressed` was not sent, because the address had bounced before. */
export const BOUNCE_REASONS = ['permanent', 'transient', 'undetermined', 'suppressed'] as const;
export type BounceReason = (typeof BOUNCE_REASONS)[number];

export const DEFAULT_INVITATION_TIMING: InvitationTiming = {
  ttlMs: INVITATION_TTL_MS,
  reminderAfterMs: 3 * DAY_MS,
  maxReminders: 1,
  ...DEFAULT_RETRY_TIMING,
};

export interface UserInvitationParams {
  invitationId: string;
  orgId: string;
  origin: RequestOrigin;
  /** The invited person; absent when a bootstrap has already invited them and sent the mail. */
  user?: InvitedUser;
  /** Shown to the invited person. */
  invitedByName?: string;
  timing?: Partial<InvitationTiming>;
}

export type InvitationState =
  | 'inviting'
  | 'pending'
  | 'accepting'
  | 'accepted'
  | 'expired'
  | 'revoked';

/** Response of the `getState` query. */
export interface UserInvitationState {
  invitationId: string;
  orgId: string;
  state: InvitationState;
  expiresAt: string | null;
  remindersSent: number;
  /** How often a new link has replaced an old one. */
  resends: number;
  errors: string[];
}

/** Result of the `accept` update. */
export interface AcceptedInvitation {
  invitationId: string;
  orgId: string;
  userId: string;
  /** True when the address already had an account. */
  linked: boolean;
}

export const INVITATION_UPDATE = { accept: 'accept', resend: 'resend' } as const;

export const INVITATION_SIGNAL = { revoke: 'revoke' } as const;

interface InvitationStep {
  invitationId: string;
  orgId: string;
  origin: RequestOrigin;
}

export interface InviteUserInput extends InvitationStep {
  user: InvitedUser;
  invitedByName?: string;
  ttlMs: number;
}

export interface SendInvitationInput extends InvitationStep {
  /** Which of the invitation's links: 0 for the first, 1 after a resend, … */
  generation: number;
  /** 0 for the first mail, 1 for the first reminder, … */
  reminder: number;
}

export interface ResendInvitationInput extends InvitationStep {
  generation: number;
  /** The id of the update: a reset applies the same one again. Absent in older histories. */
  requestId?: string;
  /** The end of the new link, which is valid for the full time again. */
  expiresAt: string;
}

export interface MailFailureInput extends SendInvitationInput {
  reason: string;
}

export type MailOutcome = 'sent' | 'failed';

/** Response of the `resend` update; pending when the invitation has ended before its mail went out. */
export interface ResentMail {
  emailStatus: MailOutcome | 'pending';
}

export type ResentLink = Pick<ResendInvitationInput, 'generation' | 'expiresAt'>;

export interface EndInvitationInput extends InvitationStep {
  reason: string;
}

export type ProvisionUserInput = InvitationStep;

/** The current state of an invitation in the store. */
export interface StoredInvitation {
  status: InvitationStatus;
  expiresAt: string;
  // Absent in histories that are older than these fields.
  emailStatus?: MailOutcome | 'pending' | 'unknown' | 'bounced';
  /** The number of the valid link. */
  generation?: number;
  remindersSent?: number;
  /** Present once the account has been provisioned. */
  account?: { userId: string; linked: boolean };
}

/** Activities that use only the event store. */
export interface StoreActivities {
  inviteUserActivity(input: InviteUserInput): Promise<void>;
  loadInvitationActivity(input: InvitationStep): Promise<StoredInvitation>;
  /** @returns the link that the update led to; nothing in older histories. */
  resendInvitationActivity(input: ResendInvitationInput): Promise<ResentLink | undefined>;
  recordMailFailureActivity(input: MailFailureInput): Promise<void>;
  /** @returns how the invitation has ended; nothing in older histories. */
  expireInvitationActivity(input: InvitationStep): Promise<InvitationStatus | undefined>;
  /** @returns how the invitation has ended; nothing in older histories. */
  revokeInvitationActivity(input: EndInvitationInput): Promise<InvitationStatus | undefined>;
}

/** Activities that call the mail server. */
export interface MailActivities {
  sendInvitationMailActivity(input: SendInvitationInput): Promise<void>;
}

/** Activities that call Supabase Auth while a person waits for the response. */
export interface AccountActivities {
  provisionUserActivity(input: ProvisionUserInput): Promise<AcceptedInvitation>;
}

/** Every activity of the family, by its registered name. */
export interface InvitationActivities extends StoreActivities, MailActivities, AccountActivities {}
