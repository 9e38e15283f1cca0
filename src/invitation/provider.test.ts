import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import { type AccountProvider, createAccountProvider, type Membership } from './provider.ts';

const ADA = { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron' };
const OF_A: Membership = { org_id: 'a', roles: ['admin'], scope: 'a', invitation_id: 'i-a' };
const OF_B: Membership = { org_id: 'b', roles: ['clinician'], scope: 'b', invitation_id: 'i-b' };
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

describe('an account with an unconfirmed address', () => {
  test('is replaced: its password and sessions give no access to the membership', async () => {
    const strangers = await signUp();
    const session = supabase.users.openSession(strangers);
    const { userId, linked } = await provider.provision(ADA, OF_A);
    expect(linked).toBe(false);
    expect(userId).not.toBe(strangers);
    expect(accounts()).toMatchObject([
      {
        id: userId,
        email: ADA.email,
        email_confirmed_at: expect.any(String),
        user_metadata: { first_name: 'Ada', last_name: 'Byron' },
        app_metadata: { memberships: [OF_A] },
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

  test('loses the memberships that it got through links to the address', async () => {
    const former = await signUp();
    accounts()[0]!.app_metadata.memberships = [OF_B];
    const { userId } = await provider.provision(ADA, OF_A);
    expect(userId).not.toBe(former);
    expect(membershipsOf()).toEqual([[OF_B, OF_A]]);
  });

  test.each([
    ['when it is read first', 'POST /generate_link'],
    ['when it is read again', 'GET /users/'],
  ])('that is confirmed %s is treated by its state at that time', async (_when, call) => {
    const id = await signUp();
    when(call, () => supabase.users.confirm(ADA.email));
    const { userId } = await provider.provision(ADA, OF_A);
    const kept = call.startsWith('POST');
    expect(userId === id).toBe(kept);
    expect((await logIn()).status).toBe(kept ? 200 : 400);
    expect(membershipsOf()).toEqual([[OF_A]]);
  });

  test('is replaced only once by two simultaneous acceptances', async () => {
    await signUp();
    const answers = await Promise.all([
      provider.provision(ADA, OF_A),
      provider.provision(ADA, OF_A),
    ]);
    expect(accounts().map(({ id }) => id)).toEqual([answers[0].userId]);
    expect(answers[1].userId).toBe(answers[0].userId);
    expect((await logIn()).status).toBe(400);
  });

  test('stays deleted when an attempt fails after the deletion, and the next one creates the account', async () => {
    await signUp();
    when('DELETE', () => supabase.users.fault({ status: 503 }));
    const error = await provider.provision(ADA, OF_A).catch((thrown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable', retryable: true });
    expect(accounts()).toEqual([]);
    supabase.users.fault('none');
    expect(await provider.provision(ADA, OF_A)).toMatchObject({ linked: false });
    expect(membershipsOf()).toEqual([[OF_A]]);
  });

  test('fails with a retryable error when somebody signs up again each time', async () => {
    await signUp();
    supabase.users.beforeAnswer = (call) => {
      if (call.startsWith('DELETE')) {
        supabase.users.create(ADA.email, PASSWORD, {});
      }
    };
    const error = await provider.provision(ADA, OF_A).catch((thrown) => thrown);
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
  test('is joined: it keeps its id, password, sessions and other memberships', async () => {
    const id = await signUp();
    supabase.users.confirm(ADA.email);
    const session = (await logIn()).body.refresh_token;
    accounts()[0]!.app_metadata.memberships = [OF_B];
    expect(await provider.provision(ADA, OF_A)).toEqual({ userId: id, linked: true });
    expect(membershipsOf()).toEqual([[OF_B, OF_A]]);
    expect((await logIn()).status).toBe(200);
    expect((await refresh(session)).status).toBe(200);
  });

  test('that is deleted before it is joined is created again', async () => {
    const id = await signUp();
    supabase.users.confirm(ADA.email);
    when('POST /users', () => supabase.users.remove(id));
    const { userId, linked } = await provider.provision(ADA, OF_A);
    expect({ linked, users: accounts().map((user) => user.id) }).toEqual({
      linked: false,
      users: [userId],
    });
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
