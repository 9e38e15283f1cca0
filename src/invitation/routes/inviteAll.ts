/** Invites many people in one request: one run for each, started side by side within a time limit. */
import type { Quota } from '#kernel/http/quota.ts';
import { normalizeEmail } from '#kernel/input/email.ts';
import type { InvitedUser } from '../contract.ts';

/** How many runs are started at the same time. */
const AT_ONCE = 50;

export interface InvitationsAnswer {
  accepted: { index: number; invitationId: string; workflowId: string }[];
  refused: {
    index: number;
    reason: 'duplicate' | 'already-invited' | 'not-started';
    invitationId?: string;
  }[];
}

export interface Inviting {
  /** The pending invitations of these addresses: address to invitation id. */
  pendingOf(emails: string[]): Promise<Map<string, string>>;
  /** How many invitations these addresses have had. */
  earlierOf(emails: string[]): Promise<Map<string, number>>;
  /** Starts the run of a new invitation. Without a workflow id, another request has invited them. */
  start(user: InvitedUser, earlier: number): Promise<{ invitationId: string; workflowId?: string }>;
  /** Of the organization, under the key that it counts by. */
  quota: Quota;
  quotaKey: string;
  /** After this time no further run is started, so that the answer comes before the request ends. */
  limitMs: number;
}

/** Runs `work` for each item, so many at a time. */
async function sideBySide<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
}

const byIndex = (a: { index: number }, b: { index: number }): number => a.index - b.index;

/**
 * A run for each address without a pending invitation; a failure does not affect the others. What
 * the answer calls `not-started` is not started later either.
 * @throws Problem 429 when the organization may not send so many mails; nobody is invited then.
 */
export async function inviteAll(
  { pendingOf, earlierOf, start, quota, quotaKey, limitMs }: Inviting,
  people: InvitedUser[],
): Promise<InvitationsAnswer> {
  const until = performance.now() + limitMs;
  const answer: InvitationsAnswer = { accepted: [], refused: [] };
  const emails = people.map(({ email }) => normalizeEmail(email));
  // Counted first: what is invited between the two reads is then found by its id.
  const earlier = await earlierOf(emails);
  const pending = await pendingOf(emails);
  const seen = new Set<string>();
  const fresh: number[] = [];
  for (const [index, email] of emails.entries()) {
    const invitationId = pending.get(email);
    if (invitationId) answer.refused.push({ index, reason: 'already-invited', invitationId });
    else if (seen.has(email)) answer.refused.push({ index, reason: 'duplicate' });
    else fresh.push(index);
    seen.add(email);
  }
  if (fresh.length > 0) await quota.take(quotaKey, fresh.length);
  let unused = 0;
  await sideBySide(fresh, async (index) => {
    const isLate = performance.now() > until;
    const before = earlier.get(emails[index]!) ?? 0;
    const started = isLate ? undefined : await start(people[index]!, before).catch(() => undefined);
    if (started?.workflowId) {
      const { invitationId, workflowId } = started;
      answer.accepted.push({ index, invitationId, workflowId });
      return;
    }
    unused++;
    answer.refused.push(
      started
        ? { index, reason: 'already-invited', invitationId: started.invitationId }
        : { index, reason: 'not-started' },
    );
  });
  if (unused > 0) await quota.giveBack(quotaKey, unused);
  answer.accepted.sort(byIndex);
  answer.refused.sort(byIndex);
  return answer;
}
