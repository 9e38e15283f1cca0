/** UserInvitationWorkflow: one invitation, from its mail to acceptance, expiry or revocation. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { NO_REASON, reason } from '#kernel/input/rules.ts';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { messageOf } from '#kernel/workflow/failures.ts';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { USER_INVITATION_INPUT } from './contract/input.ts';
import {
  type AcceptedInvitation,
  DEFAULT_INVITATION_TIMING,
  INVITATION_SIGNAL,
  INVITATION_UPDATE,
  type InvitationState,
  type InvitationTiming,
  MAX_REMINDERS,
  type MailOutcome,
  type ResentMail,
  SEARCH_ATTRIBUTE_STATUS,
  type UserInvitationParams,
  type UserInvitationState,
} from './contract.ts';
import { activitiesFor } from './proxies.ts';
import { expiryOf, INVITATION_FAILURE } from './rules.ts';

export interface UserInvitationResult {
  invitationId: string;
  state: InvitationState;
  userId: string | null;
}

/** A mail on its way. Runs from before mails were apart wait for it before their next turn. */
interface Sending {
  outcome: Promise<MailOutcome>;
  inTurn: Promise<MailOutcome> | undefined;
}

const STATUS = defineSearchAttributeKey(SEARCH_ATTRIBUTE_STATUS, SearchAttributeType.KEYWORD);
const ENDED: readonly InvitationState[] = ['accepted', 'expired', 'revoked'];

class UserInvitation {
  readonly state: UserInvitationState;
  readonly #params: UserInvitationParams;
  readonly #timing: InvitationTiming;
  readonly #activities: ReturnType<typeof activitiesFor>;
  #remindersFrom: number;
  #accepted: AcceptedInvitation | undefined;
  #mailIsDue = false;
  /** A mail server may let a mail wait for hours, which must not hold up an acceptance. */
  readonly #mailsApart = patched('mails-apart');
  #turn: Promise<unknown> = Promise.resolve();

  constructor(params: UserInvitationParams) {
    this.#params = params;
    this.#timing = { ...DEFAULT_INVITATION_TIMING, ...params.timing };
    this.#activities = activitiesFor(this.#timing, this.#mailsApart);
    this.#remindersFrom = Date.now();
    const { invitationId, orgId } = params;
    this.state = {
      invitationId,
      orgId,
      state: 'inviting',
      expiresAt: null,
      remindersSent: 0,
      resends: 0,
      errors: [],
    };
  }

  get #step() {
    const { invitationId, orgId, origin } = this.#params;
    return { invitationId, orgId, origin };
  }

  get result(): UserInvitationResult {
    const { invitationId, state } = this.state;
    return { invitationId, state, userId: this.#accepted?.userId ?? null };
  }

  get isOver(): boolean {
    return ENDED.includes(this.state.state);
  }

  unlessOver = (outcome: Promise<MailOutcome>): Promise<MailOutcome | 'pending'> =>
    Promise.race([outcome, condition(() => this.isOver).then(() => 'pending' as const)]);

  /** Runs one transition at a time: a revocation waits for an acceptance in progress. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Invites the person and sends the mail; a bootstrap has already done both for its users. */
  async invite(): Promise<void> {
    const { user, invitedByName } = this.#params;
    if (user) {
      await this.#activities.store.inviteUserActivity({
        ...this.#step,
        user,
        ...(invitedByName && { invitedByName }),
        ttlMs: this.#timing.ttlMs,
      });
    }
    this.#enter('pending');
    await this.#look();
    // A run that was lost before its first mail leaves that to its successor.
    if (user || this.#mailIsDue) await this.#send(0).inTurn;
  }

  async accept(): Promise<AcceptedInvitation> {
    if (!this.isOver) await this.#look();
    if (this.#accepted) return this.#accepted;
    this.#requirePending();
    this.#enter('accepting');
    try {
      this.#accepted = await this.#activities.account.provisionUserActivity(this.#step);
    } catch (error) {
      throwMistake(error);
      // The invitation is pending again, so the person can try again.
      this.#enter('pending');
      throw error;
    }
    this.#enter('accepted');
    return this.#accepted;
  }

  /** @param requestId a request that a reset repeats does not make another link. */
  async resend(requestId: string | undefined): Promise<Sending> {
    if (!this.isOver) await this.#look();
    this.#requirePending();
    this.state.resends++;
    this.#remindersFrom = Date.now();
    const expiresAt = expiryOf(new Date().toISOString(), this.#timing.ttlMs);
    const link = await this.#activities.store.resendInvitationActivity({
      ...this.#step,
      generation: this.state.resends,
      expiresAt,
      ...(requestId && { requestId }),
    });
    this.state.resends = link?.generation ?? this.state.resends;
    this.state.expiresAt = link?.expiresAt ?? expiresAt;
    const sending = this.#send(0);
    await sending.inTurn;
    return sending;
  }

  async revoke(reason: string): Promise<void> {
    if (this.isOver) return;
    const end = await this.#activities.store.revokeInvitationActivity({ ...this.#step, reason });
    this.#enter(end ?? 'revoked');
  }

  /**
   * Does what is due: a reminder, or the end. Reads the store first: the state may have changed.
   */
  async wake(): Promise<void> {
    if (this.isOver) return;
    await this.#look();
    if (this.isOver) return;
    if (Date.now() >= this.#deadline) {
      const end = await this.#activities.store.expireInvitationActivity(this.#step);
      this.#enter(end ?? 'expired');
    } else if (this.#nextReminder !== undefined && Date.now() >= this.#nextReminder) {
      this.state.remindersSent++;
      await this.#send(this.state.remindersSent).inTurn;
    }
  }

  /** Milliseconds until the next reminder or the end. */
  get pauseMs(): number {
    const due = Math.min(this.#deadline, this.#nextReminder ?? this.#deadline);
    return Math.max(0, due - Date.now());
  }

  get #deadline(): number {
    return Date.parse(this.state.expiresAt ?? '') || Date.now();
  }

  get #nextReminder(): number | undefined {
    const { reminderAfterMs, maxReminders } = this.#timing;
    const { remindersSent } = this.state;
    if (reminderAfterMs <= 0 || remindersSent >= Math.min(maxReminders, MAX_REMINDERS))
      return undefined;
    const next = this.#remindersFrom + reminderAfterMs * (remindersSent + 1);
    return next < this.#deadline ? next : undefined;
  }

  #send(reminder: number): Sending {
    const outcome = this.#mail(reminder);
    return { outcome, inTurn: this.#mailsApart ? undefined : outcome };
  }

  /** A mail that is refused does not end the invitation, because it can be sent again. */
  async #mail(reminder: number): Promise<MailOutcome> {
    const input = { ...this.#step, generation: this.state.resends, reminder };
    try {
      await this.#activities.mail.sendInvitationMailActivity(input);
      return 'sent';
    } catch (error) {
      throwMistake(error);
      const reason = messageOf(error);
      this.state.errors.push(reason);
      if (this.#mailsApart && !this.isOver) {
        await this.#activities.store.recordMailFailureActivity({ ...input, reason });
      }
      return 'failed';
    }
  }

  /**
   * Reads the state, because others may have changed it: a deletion revokes pending invitations, and
   * a run before this one may have come further.
   */
  async #look(): Promise<void> {
    const stored = await this.#activities.store.loadInvitationActivity(this.#step);
    const { invitationId, orgId } = this.#params;
    this.state.expiresAt = stored.expiresAt;
    this.state.resends = stored.generation ?? this.state.resends;
    this.state.remindersSent = Math.max(this.state.remindersSent, stored.remindersSent ?? 0);
    this.#mailIsDue = stored.emailStatus === 'pending';
    if (stored.account) this.#accepted = { invitationId, orgId, ...stored.account };
    if (stored.status !== 'pending') this.#enter(stored.status);
  }

  /** A run that is started for an update gets it before its own first turn. */
  get #isPending(): boolean {
    const { state } = this.state;
    return state === 'pending' || (state === 'inviting' && patched('update-at-once'));
  }

  #requirePending(): void {
    if (this.#isPending && Date.now() < this.#deadline) return;
    const state = this.isOver ? this.state.state : 'expired';
    throw ApplicationFailure.nonRetryable(
      `the invitation is ${state}`,
      INVITATION_FAILURE.invitationNotPending,
      state,
    );
  }

  #enter(state: InvitationState): void {
    this.state.state = state;
    upsertSearchAttributes([{ key: STATUS, value: state }]);
  }
}

const getState = defineQuery<UserInvitationState>(QUERY_GET_STATE);
const accept = defineUpdate<AcceptedInvitation>(INVITATION_UPDATE.accept);
const resend = defineUpdate<ResentMail>(INVITATION_UPDATE.resend);
const revoke = defineSignal<[reason: string]>(INVITATION_SIGNAL.revoke);

/** A signal cannot be refused: one from the command line without a reason revokes all the same. */
function reasonOf(given: unknown): string {
  const checked = reason().check(given);
  return 'value' in checked ? checked.value : NO_REASON;
}

/**
 * Invites one person, reminds them, and ends when they accept, when the invitation expires, or when
 * somebody revokes it. None of these is a failure.
 * @throws ApplicationFailure AlreadyInvited when the address has a pending invitation.
 */
export async function UserInvitationWorkflow(
  given: UserInvitationParams,
): Promise<UserInvitationResult> {
  return whenAccepted(USER_INVITATION_INPUT, given, inviteOne);
}

async function inviteOne(params: UserInvitationParams): Promise<UserInvitationResult> {
  const invitation = new UserInvitation(params);
  setHandler(getState, () => invitation.state);
  setHandler(accept, () => invitation.inTurn(() => invitation.accept()));
  setHandler(resend, async () => {
    const requestId = currentUpdateInfo()?.id;
    const { outcome } = await invitation.inTurn(() => invitation.resend(requestId));
    return { emailStatus: await invitation.unlessOver(outcome) };
  });
  setHandler(revoke, (given) => invitation.inTurn(() => invitation.revoke(reasonOf(given))));
  await invitation.inTurn(() => invitation.invite());
  while (!invitation.isOver) {
    const ended = await condition(() => invitation.isOver, invitation.pauseMs);
    if (!ended) await invitation.inTurn(() => invitation.wake());
  }
  await condition(allHandlersFinished);
  return invitation.result;
}
