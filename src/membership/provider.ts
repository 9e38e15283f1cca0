/** Accounts at Supabase Auth, through its admin API and official client. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isDeepStrictEqual } from 'node:util';
import { type AuthError, createClient, type User } from '@supabase/supabase-js';
import { type ObserveCall, observedFetch, unobserved } from '#kernel/outbound/calls.ts';
import { retryAfterMs } from '#kernel/outbound/retryAfter.ts';
import { supabaseSilence } from '#kernel/outbound/supabaseSilence.ts';
import { ProviderError } from '#kernel/providerError.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import { ACCOUNT_FAILURE, type Membership } from './contract.ts';

type AccountConfig = Pick<KernelWorkerConfig, 'SUPABASE_URL' | 'SUPABASE_SERVICE_ROLE_KEY'>;

export interface Account {
  userId: string;
  /** True when the address already had an account before this invitation. */
  linked: boolean;
}

interface Person {
  email: string;
  firstName: string;
  lastName: string;
}

/** `told` had to be written; `known` was there already; `gone` has no account any more. */
export type Told = 'told' | 'known' | 'gone';

export interface AccountProvider {
  /**
   * Asks for an account that nobody has: reads nobody's data, and needs our key.
   * @throws ProviderError when the key is refused, or Supabase Auth does not serve us.
   */
  check(): Promise<void>;
  /**
   * Makes sure that the address has an account, and gives it no membership: until the acceptance
   * is stored there is nothing to take back. It can be repeated. An account with an unconfirmed
   * address may belong to somebody else: it is deleted, with its password, identities and sessions,
   * and replaced by a new one.
   * @param onReplace called before an account is deleted.
   * @throws ProviderError rejected; rate_limited or unavailable when it may succeed later.
   */
  ensure(
    person: Person,
    invitationId: string,
    onReplace?: (formerUserId: string) => Promise<void>,
  ): Promise<Account>;
  /**
   * Deletes the account that `ensure` has made for this invitation, whose acceptance was refused
   * since. It stays where somebody has logged in with it, or `isUsed` says so. It can be repeated.
   * @throws ProviderError as above.
   */
  takeBack(
    email: string,
    invitationId: string,
    isUsed: (userId: string) => Promise<boolean>,
  ): Promise<void>;
  /**
   * Writes all memberships of an account, and looks whether they are there. Keys of `app_metadata`
   * that are not ours stay as they are.
   * @throws ProviderError as above; unavailable when others overwrite it each time.
   */
  tell(userId: string, memberships: readonly Membership[]): Promise<Told>;
}

/** The nil UUID, which no account gets. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const EMAIL_EXISTS = 'email_exists';
const USER_NOT_FOUND = 'user_not_found';
/** How often to look again when the account was changed between two calls. */
const ROUNDS = 3;
const TOO_MANY_REQUESTS = 429;
/** What the service role key gets when it is wrong. */
const REFUSED_KEY = [401, 403];
const SERVER_ERROR = 500;
const TIMEOUT_MS = 15_000;

/** Errors of the client have no headers: what the answer asked for is kept beside its call. */
const answered = new AsyncLocalStorage<{ retryAfterMs?: number | undefined }>();

/** Uses only code and status, because the message contains the address. */
function toProviderError(error: AuthError): ProviderError {
  const { status = 0, code = 'unknown' } = error;
  const message = `Supabase Auth answered ${status || 'nothing'} (${code})`;
  const wait = { retryAfterMs: answered.getStore()?.retryAfterMs };
  if (status === TOO_MANY_REQUESTS)
    return new ProviderError(ACCOUNT_FAILURE, 'rate_limited', message, { status, ...wait });
  if (REFUSED_KEY.includes(status))
    return new ProviderError(ACCOUNT_FAILURE, 'unauthorized', message, { status });
  if (status === 0) return new ProviderError(ACCOUNT_FAILURE, 'transport', supabaseSilence(error));
  const unavailable = status >= SERVER_ERROR;
  return new ProviderError(ACCOUNT_FAILURE, unavailable ? 'unavailable' : 'rejected', message, {
    status,
    ...(unavailable && wait),
  });
}

/** True when the owner of the address has confirmed it. */
const isProved = ({ email_confirmed_at }: User): boolean => Boolean(email_confirmed_at);

const isBanned = ({ banned_until }: User): boolean =>
  Boolean(banned_until && Date.parse(banned_until) > Date.now());

/**
 * The keys of `app_metadata` that are ours. `org_id` is the organization that a token is for: it
 * stays as it is while the account is a member there. null removes a key.
 */
function oursIn({ app_metadata }: User, memberships: readonly Membership[]) {
  const orgIds = memberships.map(({ org_id }) => org_id);
  const orgId = orgIds.includes(app_metadata.org_id) ? app_metadata.org_id : (orgIds[0] ?? null);
  return { memberships, org_id: orgId };
}

/** True when the account has these values; an account without memberships may lack the key. */
function hasAll({ app_metadata }: User, wanted: ReturnType<typeof oursIn>): boolean {
  const { memberships = [], org_id = null } = app_metadata;
  return isDeepStrictEqual({ memberships, org_id }, wanted);
}

/** Answers that are results: no such user, and an address that has one. */
const RESULTS = [404, 422];

/** @param observe told of each call. */
export function createAccountProvider(
  config: AccountConfig,
  observe: ObserveCall = unobserved,
): AccountProvider {
  const call = observedFetch(observe, 'supabase_auth', RESULTS);
  /** The client keeps nothing of a failed call but a status and a text. */
  const send = async (input: URL | Request | string, init?: RequestInit): Promise<Response> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await call(input, { ...init, signal }).catch((error) => {
      // The text of fetch itself says "fetch failed".
      throw error.cause ?? error;
    });
    const asked = answered.getStore();
    if (asked) asked.retryAfterMs = retryAfterMs(response.headers.get('retry-after'));
    return response;
  };
  const { admin } = createClient(config.SUPABASE_URL, config.SUPABASE_SERVICE_ROLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: send },
  }).auth;

  /** @returns undefined when the address already has an account. */
  async function create(
    { email, firstName, lastName }: Person,
    invitationId: string,
  ): Promise<User | undefined> {
    const { data, error } = await admin.createUser({
      email,
      // The link of the invitation's mail has proved the address.
      email_confirm: true,
      user_metadata: { first_name: firstName, last_name: lastName },
      app_metadata: { invitation_id: invitationId },
    });
    if (!error) return data.user;
    if (error.code === EMAIL_EXISTS) return undefined;
    throw toProviderError(error);
  }

  /**
   * The user of an address, if there is one. Generating a link is the only way of the API to find a
   * user without listing all. It is a recovery link, because a magic link would sign up an unknown
   * address.
   */
  async function existing(email: string): Promise<User | undefined> {
    const { data, error } = await admin.generateLink({ type: 'recovery', email });
    if (!error) return data.user;
    if (error.code === USER_NOT_FOUND) return undefined;
    throw toProviderError(error);
  }

  async function byId(id: string): Promise<User | undefined> {
    const { data, error } = await admin.getUserById(id);
    if (!error) return data.user;
    if (error.code === USER_NOT_FOUND) return undefined;
    throw toProviderError(error);
  }

  async function remove(id: string): Promise<void> {
    const { error } = await admin.deleteUser(id);
    if (error && error.code !== USER_NOT_FOUND) throw toProviderError(error);
  }

  /**
   * Deletes an account whose address is still not confirmed. Changing only the password would keep
   * the other ways to log in (identities of other providers, a telephone, second factors). The
   * account is read again just before, because its owner may have confirmed the address meanwhile.
   * Somebody who confirms it during the deletion gets the new account instead.
   */
  async function removeUnproved(
    { id }: User,
    onReplace: (formerUserId: string) => Promise<void>,
  ): Promise<void> {
    const user = await byId(id);
    if (!user || isProved(user)) return;
    await onReplace(id);
    await remove(id);
  }

  /** @throws ProviderError rejected while the account is banned: nothing may be given to it. */
  function joined(user: User, invitationId: string): Account {
    if (isBanned(user)) {
      throw new ProviderError(ACCOUNT_FAILURE, 'rejected', 'the account of the address is banned');
    }
    return { userId: user.id, linked: user.app_metadata.invitation_id !== invitationId };
  }

  const provider: AccountProvider = {
    async check() {
      await byId(NOBODY);
    },

    async ensure(person, invitationId, onReplace = async () => {}) {
      for (let round = 0; round < ROUNDS; round++) {
        const created = await create(person, invitationId);
        if (created) return { userId: created.id, linked: false };
        const user = await existing(person.email);
        if (user && isProved(user)) return joined(user, invitationId);
        if (user) await removeUnproved(user, onReplace);
      }
      throw new ProviderError(
        ACCOUNT_FAILURE,
        'unavailable',
        'the address was signed up again while its account was made',
      );
    },

    async takeBack(email, invitationId, isUsed) {
      const user = await existing(email);
      const isOurs = user?.app_metadata.invitation_id === invitationId && !user.last_sign_in_at;
      if (user && isOurs && !(await isUsed(user.id))) await remove(user.id);
    },

    async tell(userId, memberships) {
      for (let round = 0; round <= ROUNDS; round++) {
        const user = await byId(userId);
        if (!user) return 'gone';
        const wanted = oursIn(user, memberships);
        if (hasAll(user, wanted)) return round === 0 ? 'known' : 'told';
        const { error } = await admin.updateUserById(userId, { app_metadata: wanted });
        if (error && error.code !== USER_NOT_FOUND) throw toProviderError(error);
      }
      throw new ProviderError(
        ACCOUNT_FAILURE,
        'unavailable',
        'the account’s memberships were overwritten each time',
      );
    },
  };
  return {
    check: () => provider.check(),
    ensure: (...args) => answered.run({}, () => provider.ensure(...args)),
    takeBack: (...args) => answered.run({}, () => provider.takeBack(...args)),
    tell: (...args) => answered.run({}, () => provider.tell(...args)),
  };
}
