import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import type { Membership } from './contract.ts';
import { type AccountProvider, createAccountProvider } from './provider.ts';

const ADA = { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron' };
const OF_A: Membership = { org_id: 'a', roles: ['admin'], scope: 'a', invitation_id: 'i-a' };
const OF_B: Membership = { org_id: 'b', roles: ['clinician'], scope: 'b', invitation_id: 'i-b' };
const INVITATION = 'i-a';
const PASSWORD = 'the stranger’s password';

let supabase: LoopbackSupabase;
let provider: AccountProvider;

beforeAll(async () => {
  supabase = await startLoopbackSupabase();
  provider = createAccountProvider({
    SUPABASE_URL: supabase.url,
    SUPABASE_SERVICE_ROLE_KEY: supabase.serviceRoleKey,
  });
});
afterAll(() => supabase.stop());
beforeEach(() => void supabase.users.users.splice(0));
afterEach(() => {
  supabase.users.beforeAnswer = undefined;
  supabase.users.fault('none');
});

/** Calls a public route of Supabase Auth. */
async function asAnybody(path: string, body: object) {
  const response = await fetch(`${supabase.url}/auth/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
  const answer = (await response.json()) as any;
  return { status: response.status, body: answer };
}
const signUp = async (password = PASSWORD): Promise<string> =>
  (await asAnybody('signup', { email: ADA.email, password })).body.id;
const logIn = (password = PASSWORD) =>
  asAnybody('token?grant_type=password', { email: ADA.email, password });
const refresh = (refresh_token: string) =>
  asAnybody('token?grant_type=refresh_token', { refresh_token });

const accounts = () => supabase.users.users;
const membershipsOf = () => accounts().map((user) => user.app_metadata.memberships);

/**
 * Calls `act` once, when a call that begins with `call` has done its work but not responded yet.
 */
function when(call: string, act: () => void): void {
  supabase.users.beforeAnswer = (made) => {
    if (!made.startsWith(call)) return;
    supabase.users.beforeAnswer = undefined;
    act();
  };
}

test.each([
  [429, 'rate_limited'],
  [503, 'unavailable'],
])('a %i is waited out for as long as it asks', async (status, kind) => {
  const LIMITED = 'limited@example.org';
  supabase.users.fault({ status, retryAfterSeconds: 7 }, LIMITED);
  const ensure = (email: string) =>
    provider.ensure({ ...ADA, email }, INVITATION).catch((error) => error);
  const [limited, other] = await Promise.all([ensure(LIMITED), ensure('grace@example.org')]);
  expect(limited).toMatchObject({ kind, retryAfterMs: 7_000 });
  // Calls at the same moment do not take it from each other.
  expect(other).toMatchObject({ userId: expect.any(String) });
  supabase.users.fault({ status }, LIMITED);
  expect(await ensure(LIMITED)).toMatchObject({ kind, retryAfterMs: undefined });
  supabase.users.fault('none', LIMITED);
});

describe('an account with an unconfirmed address', () => {
  test('is replaced: its password and sessions give no access to the membership', async () => {
    const strangers = await signUp();
    const session = supabase.users.openSession(strangers);
    const replaced: string[] = [];
    const { userId, linked } = await provider.ensure(ADA, INVITATION, async (former) => {
      replaced.push(former);
    });
    expect(linked).toBe(false);
    expect(userId).not.toBe(strangers);
    expect(replaced).toEqual([strangers]);
    expect(accounts()).toMatchObject([
      {
        id: userId,
        email: ADA.email,
        email_confirmed_at: expect.any(String),
        user_metadata: { first_name: 'Ada', last_name: 'Byron' },
        app_metadata: { invitation_id: INVITATION },
      },
    ]);
    expect(await logIn()).toMatchObject({
      status: 400,
      body: { error_code: 'invalid_credentials' },
    });
    expect(await refresh(session)).toMatchObject({ status: 400 });
    // The other person's confirmation link from their signup must not prove the address any more.
    supabase.users.confirm(ADA.email);
    expect((await logIn()).status).toBe(400);
    await signUp();
    expect((await logIn()).status).toBe(400);
  });

  test.each([
    ['when it is read first', 'POST /generate_link'],
    ['when it is read again', 'GET /users/'],
  ])('that is confirmed %s is treated by its state at that time', async (_when, call) => {
    const id = await signUp();
    when(call, () => supabase.users.confirm(ADA.email));
    const { userId } = await provider.ensure(ADA, INVITATION);
    const kept = call.startsWith('POST');
    expect(userId === id).toBe(kept);
    expect((await logIn()).status).toBe(kept ? 200 : 400);
    expect(accounts().map((user) => user.id)).toEqual([userId]);
  });

  test('is replaced only once by two simultaneous acceptances', async () => {
    await signUp();
    const answers = await Promise.all([
      provider.ensure(ADA, INVITATION),
      provider.ensure(ADA, INVITATION),
    ]);
    expect(accounts().map(({ id }) => id)).toEqual([answers[0].userId]);
    expect(answers[1].userId).toBe(answers[0].userId);
    expect((await logIn()).status).toBe(400);
  });

  test('stays deleted when an attempt fails after the deletion, and the next one creates the account', async () => {
    await signUp();
    when('DELETE', () => supabase.users.fault({ status: 503 }));
    const error = await provider.ensure(ADA, INVITATION).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable', retryable: true });
    expect(accounts()).toEqual([]);
    supabase.users.fault('none');
    expect(await provider.ensure(ADA, INVITATION)).toMatchObject({ linked: false });
    expect(accounts()).toHaveLength(1);
  });

  test('fails with a retryable error when somebody signs up again each time', async () => {
    await signUp();
    supabase.users.beforeAnswer = (call) => {
      if (call.startsWith('DELETE')) {
        supabase.users.create(ADA.email, PASSWORD, {});
      }
    };
    const error = await provider.ensure(ADA, INVITATION).catch((thrown) => thrown);
    expect(error).toMatchObject({
      type: 'AccountUnavailable',
      kind: 'unavailable',
      retryable: true,
    });
    expect(error.message).not.toContain('ada@');
    expect(membershipsOf()).toEqual([undefined]);
  });
});

describe('an account with a confirmed address', () => {
  test('is joined: it keeps its id, password, sessions and memberships', async () => {
    const id = await signUp();
    supabase.users.confirm(ADA.email);
    const session = (await logIn()).body.refresh_token;
    accounts()[0]!.app_metadata.memberships = [OF_B];
    expect(await provider.ensure(ADA, INVITATION)).toEqual({ userId: id, linked: true });
    expect(membershipsOf()).toEqual([[OF_B]]);
    expect((await logIn()).status).toBe(200);
    expect((await refresh(session)).status).toBe(200);
  });

  test('that is deleted before it is joined is created again', async () => {
    const id = await signUp();
    supabase.users.confirm(ADA.email);
    when('POST /users', () => supabase.users.remove(id));
    const { userId, linked } = await provider.ensure(ADA, INVITATION);
    expect({ linked, users: accounts().map((user) => user.id) }).toEqual({
      linked: false,
      users: [userId],
    });
  });

  test('is found whatever the case of the address', async () => {
    const id = await signUp();
    supabase.users.confirm(ADA.email);
    const shouted = { ...ADA, email: ADA.email.toUpperCase() };
    expect(await provider.ensure(shouted, INVITATION)).toEqual({ userId: id, linked: true });
  });

  test('and banned gets nothing until the ban ends', async () => {
    const id = await signUp();
    supabase.users.confirm(ADA.email);
    accounts()[0]!.banned_until = new Date(Date.now() + 60_000).toISOString();
    await expect(provider.ensure(ADA, INVITATION)).rejects.toMatchObject({ kind: 'rejected' });
    accounts()[0]!.banned_until = new Date(Date.now() - 1_000).toISOString();
    expect(await provider.ensure(ADA, INVITATION)).toEqual({ userId: id, linked: true });
  });

  test('that an earlier attempt of the invitation made is no other’s', async () => {
    const { userId } = await provider.ensure(ADA, INVITATION);
    expect(await provider.ensure(ADA, INVITATION)).toEqual({ userId, linked: false });
    expect(await provider.ensure(ADA, 'another')).toEqual({ userId, linked: true });
  });
});

describe('telling an account of its memberships', () => {
  const made = async () => (await provider.ensure(ADA, INVITATION)).userId;
  const metadata = () => accounts()[0]!.app_metadata;

  test('writes all of them, and leaves the keys of others alone', async () => {
    const id = await made();
    metadata().plan = 'of another service';
    expect(await provider.tell(id, [OF_A, OF_B])).toBe('told');
    expect(metadata()).toEqual({
      provider: 'email',
      providers: ['email'],
      invitation_id: INVITATION,
      plan: 'of another service',
      memberships: [OF_A, OF_B],
      org_id: 'a',
    });
    expect(await provider.tell(id, [OF_A, OF_B])).toBe('known');
  });

  test('keeps the organization that the account is in, while it is a member there', async () => {
    const id = await made();
    await provider.tell(id, [OF_A, OF_B]);
    metadata().org_id = 'b';
    await provider.tell(id, [OF_B]);
    expect(metadata()).toMatchObject({ org_id: 'b', memberships: [OF_B] });
    await provider.tell(id, []);
    expect(metadata()).not.toHaveProperty('org_id');
    expect(metadata().memberships).toEqual([]);
  });

  test('notices that another writer has overwritten it, and writes again', async () => {
    const id = await made();
    when('PUT', () => {
      metadata().memberships = [OF_B];
    });
    expect(await provider.tell(id, [OF_A])).toBe('told');
    expect(membershipsOf()).toEqual([[OF_A]]);
  });

  test('gives up for now when it is overwritten each time', async () => {
    const id = await made();
    supabase.users.beforeAnswer = (call) => {
      if (call.startsWith('PUT')) metadata().memberships = [OF_B];
    };
    await expect(provider.tell(id, [OF_A])).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('says that the account is gone', async () => {
    const id = await made();
    supabase.users.remove(id);
    expect(await provider.tell(id, [OF_A])).toBe('gone');
  });
});

test('the loopback behaves like the original: an unconfirmed account cannot be used', async () => {
  await signUp();
  expect(await logIn()).toMatchObject({ status: 400, body: { error_code: 'email_not_confirmed' } });
  expect(await logIn('another')).toMatchObject({ body: { error_code: 'invalid_credentials' } });
  await signUp('another password');
  supabase.users.confirm(ADA.email);
  expect((await logIn('another password')).status).toBe(400);
  const { body } = await logIn();
  expect(body).toMatchObject({ user: { email: ADA.email }, access_token: expect.any(String) });
  const next = await refresh(body.refresh_token);
  expect(next.status).toBe(200);
  expect((await refresh(body.refresh_token)).status).toBe(400);
  expect((await signUp()) === body.user.id).toBe(false);
  expect(accounts()).toHaveLength(1);
});
