import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { newEvent } from '#support/history/events.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { person, tokenIn } from '#support/runs/invitationRuns.ts';
import { startApi, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding, { PUBLIC_RATE_LIMIT_PER_MINUTE: '1000' });
useWorker(onboarding);

async function organization() {
  const { orgId, slug } = await makeActiveOrganization(onboarding.database.pool);
  const as = {
    orgId,
    permissions: [{ p: 'user.invite', s: slug }],
    extra: { user_metadata: { full_name: 'Grace Hopper' } },
  };
  return { orgId, slug, as, url: `/api/v1/organizations/${orgId}/invitations` };
}
type Inviting = Awaited<ReturnType<typeof organization>>;

const invite = (where: Inviting, ...invitations: object[]) =>
  api.call('POST', where.url, { body: { invitations }, as: where.as });

/** Invites one person and reads the link from their mail. */
async function invited(where: Inviting) {
  const user = person();
  const { body } = await invite(where, user);
  await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
  const { invitationId } = body.accepted[0];
  return { ...user, invitationId, token: tokenIn(onboarding.mailsTo(user.email)[0]?.text) };
}
const open = (token: string) =>
  api.call('GET', `/api/v1/invitations/${token}`, { headers: { authorization: '' } });
const accept = (token: string) =>
  api.call('POST', `/api/v1/invitations/${token}/accept`, { headers: { authorization: '' } });

describe('inviting', () => {
  test('gives each address a run of its own, and says what was refused and why', async () => {
    const where = await organization();
    const [first, second, third] = [person(), person(), person()];
    await invite(where, first);
    await expect.poll(() => onboarding.mailsTo(first.email).length).toBe(1);
    const again = { ...second, email: second.email.toUpperCase() };
    const { status, body } = await invite(where, second, first, again, third);
    expect(status).toBe(202);
    expect(body.accepted.map(({ index }: { index: number }) => index)).toEqual([0, 3]);
    expect(body.refused).toEqual([
      { index: 1, reason: 'already-invited', invitationId: expect.any(String) },
      { index: 2, reason: 'duplicate' },
    ]);
    await expect.poll(() => onboarding.mailsTo(third.email).length).toBe(1);
  });

  test('a hundred at once', async () => {
    const where = await organization();
    const people = Array.from({ length: 100 }, () => person());
    const { body } = await invite(where, ...people);
    expect(body.accepted).toHaveLength(100);
    const sent = async () =>
      (await onboarding.readModels.invitationsOf(where.orgId)).filter(
        (one) => one.emailStatus === 'sent',
      ).length;
    await expect.poll(sent, { timeout: 55_000 }).toBe(100);
  });

  test('needs the permission, an active organization, and at most 500 people', async () => {
    const where = await organization();
    const stranger = { ...where, as: { ...where.as, permissions: [] } };
    expectProblem(await invite(stranger, person()), 403, 'forbidden');
    const elsewhere = { ...where, as: { ...where.as, orgId: randomUUID() } };
    expectProblem(await invite(elsewhere, person()), 404, 'not-found');
    expectProblem(
      await invite(where, ...Array.from({ length: 501 }, () => person())),
      400,
      'invalid-request',
    );
    const store = createEventStore(onboarding.database.pool);
    await store.append(
      newEvent('organization.deactivated', where.orgId, {
        deactivated_at: '2026-01-01',
        reason: 'r',
      }),
    );
    expectProblem(await invite(where, person()), 409, 'not-active');
  });

  test('lists page by page, filtered by status', async () => {
    const where = await organization();
    await invite(where, ...Array.from({ length: 5 }, () => person()));
    await expect
      .poll(async () => (await onboarding.readModels.invitationsOf(where.orgId)).length)
      .toBe(5);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await api.call('GET', `${where.url}?limit=2${cursor}`, { as: where.as });
      for (const one of body.invitations) {
        expect(one).not.toHaveProperty('tokenHash');
        seen.push(one.invitationId);
      }
      cursor = body.next && `&cursor=${body.next}`;
    } while (cursor);
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
    const none = await api.call('GET', `${where.url}?status=accepted`, { as: where.as });
    expect(none.body).toEqual({ invitations: [], next: null });
  });

  test.each([
    ['text that is none of ours', 'nonsense'],
    ['a year and an id', ['1', randomUUID()]],
    ['a far year', ['+099999-01-01T00:00:00.000Z', randomUUID()]],
    ['hyphens instead of an id', ['2026-01-01T00:00:00.000Z', '-'.repeat(36)]],
    ['numbers', [1, 2]],
    ['a number', 1],
    ['an object', {}],
    ['null', null],
    ['a NUL', ['2026-01-01T00:00:00.000Z', '\u0000']],
  ])('refuses a cursor of %s', async (_what, cursor) => {
    const where = await organization();
    const encoded =
      typeof cursor === 'string'
        ? cursor
        : Buffer.from(JSON.stringify(cursor)).toString('base64url');
    const answer = await api.call('GET', `${where.url}?cursor=${encoded}`, { as: where.as });
    expectProblem(answer, 400, 'invalid-request');
  });
});

describe('the link', () => {
  test('shows what it is for, and nothing more', async () => {
    const where = await organization();
    const { token } = await invited(where);
    const { body, headers } = await open(token);
    expect(body).toEqual({
      organizationName: `Organization ${where.slug}`,
      invitedBy: 'Grace Hopper',
      expiresAt: expect.any(String),
      state: 'pending',
    });
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('accepts, with the outcome in the answer; a second time says that it was', async () => {
    const where = await organization();
    const { token, email } = await invited(where);
    const { status, body } = await accept(token);
    expect(status).toBe(200);
    const accounts = onboarding.supabase.users.users.filter((user) => user.email === email);
    expect(accounts).toMatchObject([{ id: body.userId }]);
    expect(body).toEqual({
      organizationId: where.orgId,
      userId: accounts[0]?.id,
      state: 'accepted',
    });
    expectProblem(await accept(token), 409, 'invitation-accepted');
    expect((await open(token)).body.state).toBe('accepted');
  });

  test('many accepts at once make one account', async () => {
    const where = await organization();
    const { token, email } = await invited(where);
    const answers = await Promise.all(Array.from({ length: 10 }, () => accept(token)));
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect(onboarding.supabase.users.users.filter((user) => user.email === email)).toHaveLength(1);
  });

  test('that was replaced says so, and the new one is valid', async () => {
    const where = await organization();
    const { token, email, invitationId } = await invited(where);
    const resent = await api.call('POST', `${where.url}/${invitationId}/resend`, { as: where.as });
    expect(resent.status).toBe(202);
    await expect.poll(() => onboarding.mailsTo(email).length).toBe(2);
    expect((await open(token)).body.state).toBe('superseded');
    expectProblem(await accept(token), 410, 'invitation-superseded');
    expect((await accept(tokenIn(onboarding.mailsTo(email)[1]?.text))).status).toBe(200);
  });

  test('that was revoked says so', async () => {
    const where = await organization();
    const { token, invitationId } = await invited(where);
    const url = `${where.url}/${invitationId}/revoke`;
    expect((await api.call('POST', url, { body: { reason: 'left' }, as: where.as })).status).toBe(
      202,
    );
    await expect.poll(async () => (await open(token)).body.state).toBe('revoked');
    expectProblem(await accept(token), 410, 'invitation-revoked');
    expectProblem(
      await api.call('POST', url, { body: { reason: 'left' }, as: where.as }),
      410,
      'invitation-revoked',
    );
  });

  test('that never was is 404, whatever it looks like', async () => {
    for (const token of ['x'.repeat(43), 'short', '%00']) {
      expectProblem(await open(token), 404, 'not-found');
      expectProblem(await accept(token), 404, 'not-found');
    }
  });
});

describe('somebody else signed up with the invited address', () => {
  const password = 'the stranger’s password';
  async function asStranger(path: string, body: object) {
    const response = await fetch(`${onboarding.supabase.url}/auth/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return response.status;
  }

  test('and never proved it: what they made is gone once the invitation is accepted', async () => {
    const { users } = onboarding.supabase;
    const where = await organization();
    const user = person();
    expect(await asStranger('signup', { email: user.email, password })).toBe(200);
    const session = users.openSession(users.byEmail(user.email)!.id);
    await invite(where, user);
    await expect.poll(() => onboarding.mailsTo(user.email).length).toBe(1);
    const { body } = await accept(tokenIn(onboarding.mailsTo(user.email)[0]?.text));

    const accounts = users.users.filter(({ email }) => email === user.email);
    expect(accounts).toMatchObject([
      {
        id: body.userId,
        email_confirmed_at: expect.any(String),
        app_metadata: { memberships: [{ org_id: where.orgId, roles: ['clinician'] }] },
      },
    ]);
    users.confirm(user.email);
    const login = { email: user.email, password };
    expect(await asStranger('token?grant_type=password', login)).toBe(400);
    expect(await asStranger('token?grant_type=refresh_token', { refresh_token: session })).toBe(
      400,
    );
    const [invitation] = await onboarding.readModels.invitationsOf(where.orgId);
    expect(invitation).toMatchObject({ status: 'accepted', userId: body.userId, linked: false });
  });
});

test('one address may not call for ever', async () => {
  const strict = await startApi(onboarding, { PUBLIC_RATE_LIMIT_PER_MINUTE: '3' });
  try {
    const token = 'y'.repeat(43);
    const answers = [];
    for (let i = 0; i < 5; i++)
      answers.push(await strict.call('GET', `/api/v1/invitations/${token}`));
    expect(answers.map(({ status }) => status).slice(-1)).toEqual([429]);
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
    const { rows } = await onboarding.owner.query('SELECT key FROM rate_limits');
    for (const { key } of rows) expect(key).not.toContain('127.0.0.1');
  } finally {
    await strict.stop();
  }
});

describe('behind a proxy', () => {
  const LIMIT = 5;
  const path = `/api/v1/invitations/${'z'.repeat(43)}`;
  /** Statuses of calls that came with these X-Forwarded-For, one after the other. */
  async function statuses(hops: number, forwarded: string[]): Promise<number[]> {
    const behind = await startApi(onboarding, {
      PUBLIC_RATE_LIMIT_PER_MINUTE: String(LIMIT),
      TRUSTED_PROXY_HOPS: String(hops),
    });
    try {
      await onboarding.owner.query('DELETE FROM rate_limits');
      const answered: number[] = [];
      for (const header of forwarded) {
        const headers = { 'x-forwarded-for': header };
        answered.push((await behind.call('GET', path, { headers })).status);
      }
      return answered;
    } finally {
      await behind.stop();
    }
  }
  const twenty = (header: (index: number) => string) =>
    Array.from({ length: 20 }, (_, i) => header(i));
  const limited = [...Array(LIMIT).fill(404), ...Array(20 - LIMIT).fill(429)];

  test.each([
    [
      'one hop: what the client wrote itself does not count',
      1,
      twenty((i) => `198.51.100.${i}, 203.0.113.9`),
    ],
    [
      'one hop: nor does a long list',
      1,
      twenty((i) => `${'192.0.2.1, '.repeat(50)}198.51.100.${i}, 203.0.113.9`),
    ],
    [
      'two hops: nor what stands before the two',
      2,
      twenty((i) => `198.51.100.${i}, 203.0.113.9, 10.0.0.1`),
    ],
    ['no hop: nothing of it counts', 0, twenty((i) => `198.51.100.${i}`)],
    ['hosts of one /64 share a limit', 1, twenty((i) => `2001:db8:1:2::${i.toString(16)}`)],
  ])('%s', async (_what, hops, forwarded) => {
    expect(await statuses(hops, forwarded)).toEqual(limited);
  });

  test('two clients have a limit each', async () => {
    const headers = twenty((i) => `198.51.100.1, 203.0.113.${i % 4}`);
    expect(await statuses(1, headers)).toEqual(Array(20).fill(404));
    const networks = twenty((i) => `2001:db8:1:${i % 4}::1`);
    expect(await statuses(1, networks)).toEqual(Array(20).fill(404));
  });
});
