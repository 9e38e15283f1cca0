import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Problem } from '#kernel/http/problems.ts';
import type { InvitedUser } from '../contract.ts';
import { type Inviting, inviteAll } from './inviteAll.ts';

const people = (count: number): InvitedUser[] =>
  Array.from({ length: count }, (_, index) => ({
    email: `p${index}@example.org`,
    firstName: 'Ada',
    lastName: 'Byron',
    role: 'clinician',
  }));

/** Counts what is taken; starts take `startMs`. */
function inviting({ startMs = 0, limitMs = 10_000, left = 1_000, pending = {} } = {}) {
  const state = { left, started: [] as string[], atOnce: 0, most: 0 };
  const deps: Inviting = {
    pendingOf: async () => new Map(Object.entries(pending)),
    earlierOf: async () => new Map(),
    async start({ email }) {
      state.most = Math.max(state.most, ++state.atOnce);
      await delay(startMs);
      state.atOnce--;
      if (email.startsWith('p13@')) throw new Error('Temporal does not answer');
      state.started.push(email);
      return { invitationId: `i-${email}`, workflowId: `w-${email}` };
    },
    quota: {
      async take(_key, amount = 1) {
        if (amount > state.left) throw new Problem(429, 'too-many-invitations', 'Too many');
        state.left -= amount;
      },
      async giveBack(_key, amount = 1) {
        state.left += amount;
      },
    },
    quotaKey: 'org',
    limitMs,
  };
  return { state, deps };
}

test('500 starts run side by side, and the answer is in the order of the request', async () => {
  const { state, deps } = inviting({ startMs: 5 });
  const { accepted, refused } = await inviteAll(deps, people(500));
  expect(accepted).toHaveLength(499);
  expect(refused).toEqual([{ index: 13, reason: 'not-started' }]);
  expect(accepted.map(({ index }) => index)).toEqual(
    accepted.map(({ index }) => index).toSorted((a, b) => a - b),
  );
  expect(state.most).toBeGreaterThan(20);
  expect(state.most).toBeLessThanOrEqual(50);
});

test('what is not started in time is named, and is not started later', async () => {
  const { state, deps } = inviting({ startMs: 100, limitMs: 150 });
  const { accepted, refused } = await inviteAll(deps, people(500));
  const count = state.started.length;
  expect(count).toBeLessThan(500);
  expect(accepted).toHaveLength(count);
  expect(accepted.length + refused.length).toBe(500);
  await delay(250);
  expect(state.started).toHaveLength(count);
  // Only what was started counts.
  expect(state.left).toBe(1_000 - count);
});

test('nobody is invited when the organization may not send so many', async () => {
  const { state, deps } = inviting({ left: 4 });
  await expect(inviteAll(deps, people(5))).rejects.toMatchObject({ status: 429 });
  expect(state.started).toEqual([]);
  expect(state.left).toBe(4);
});

test('people who have an invitation, and those who are named twice, do not count', async () => {
  const { state, deps } = inviting({ left: 2, pending: { 'p0@example.org': 'known' } });
  const [first, second, third] = people(3) as [InvitedUser, InvitedUser, InvitedUser];
  const again = { ...second, email: 'P1@EXAMPLE.org' };
  expect((await inviteAll(deps, [first, second, third, again])).refused).toEqual([
    { index: 0, reason: 'already-invited', invitationId: 'known' },
    { index: 3, reason: 'duplicate' },
  ]);
  expect(state.left).toBe(0);
});
