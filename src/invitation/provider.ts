/** Accounts at Supabase Auth, through its admin API and official client. */
import { type AuthError, createClient, type User } from '@supabase/supabase-js';
import { ProviderError } from '#kernel/providerError.ts';
import { ACCOUNT_FAILURE } from './rules.ts';
import type { InvitationWorkerConfig } from './settings.ts';

type AccountConfig = Pick<InvitationWorkerConfig, 'SUPABASE_URL' | 'SUPABASE_SERVICE_ROLE_KEY'>;

export interface Account {
  userId: string;
  /** True when the address had an account before this invitation. */
  linked: boolean;
}

/** What an account may do in one organization. */
export interface Membership {
  org_id: string;
  roles: string[];
  /** ltree path within which the roles hold. */
  scope: string;
  invitation_id: string;
}

interface Person {
  email: string;
  firstName: string;
  lastName: string;
}

export interface AccountProvider {
  /**
   * Makes sure that the address has an account with this membership. Repeating it is harmless:
   * the account is made once and the membership replaced by itself. An account whose address was
   * never proved may be anybody's: it is deleted, with its password, identities and sessions, and
   * a new one takes its place.
   * @throws ProviderError rejected, or rate_limited and unavailable for now.
   */
  provision(person: Person, membership: Membership): Promise<Account>;
}

const EMAIL_EXISTS = 'email_exists';
const USER_NOT_FOUND = 'user_not_found';
/** Each time the account has changed between two calls, we look again. */
const ROUNDS = 3;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const TIMEOUT_MS = 15_000;

/** Codes and status only: texts repeat the address. */
function toProviderError(error: AuthError): ProviderError {
  const { status = 0, code = 'unknown' } = error;
  const message = `Supabase Auth answered ${status || 'nothing'} (${code})`;
  if (status === TOO_MANY_REQUESTS)
    return new ProviderError(ACCOUNT_FAILURE, 'rate_limited', message, { status });
  const unavailable = status === 0 || status >= SERVER_ERROR;
  return new ProviderError(ACCOUNT_FAILURE, unavailable ? 'unavailable' : 'rejected', message, {
    status,
  });
}

const membershipsOf = ({ app_metadata }: User): Membership[] =>
  Array.isArray(app_metadata.memberships) ? app_metadata.memberships : [];

/** One membership for each organization; of two the later counts. */
const withMembership = (others: Membership[], membership: Membership): Membership[] => [
  ...new Map([...others, membership].map((one) => [one.org_id, one])).values(),
];

/** Whether somebody has shown that they read this address. */
const isProved = ({ email_confirmed_at }: User): boolean => Boolean(email_confirmed_at);

export function createAccountProvider(config: AccountConfig): AccountProvider {
  const { admin } = createClient(config.SUPABASE_URL, config.SUPABASE_SERVICE_ROLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    },
  }).auth;

  /** @returns undefined when the address has an account already. */
  async function create(
    { email, firstName, lastName }: Person,
    membership: Membership,
    memberships: Membership[],
  ): Promise<User | undefined> {
    const { data, error } = await admin.createUser({
      email,
      // The invitation's link has proved the address.
      email_confirm: true,
      user_metadata: { first_name: firstName, last_name: lastName },
      app_metadata: {
        org_id: membership.org_id,
        invitation_id: membership.invitation_id,
        memberships,
      },
    });
    if (!error) return data.user;
    if (error.code === EMAIL_EXISTS) return undefined;
    throw toProviderError(error);
  }

  /**
   * The user of an address, if there is one; generating a link is the API's only way that reads
   * no list. For a recovery: a magic link would sign up an address that it does not know.
   */
  async function existing(email: string): Promise<User | undefined> {
    const { data, error } = await admin.generateLink({ type: 'recovery', email });
    if (!error) return data.user;
    if (error.code === USER_NOT_FOUND) return undefined;
    throw toProviderError(error);
  }

  async function join(user: User, membership: Membership, kept: Membership[]): Promise<Account> {
    const current = membershipsOf(user);
    const madeByUs = current.some((one) => one.invitation_id === membership.invitation_id);
    const { error } = await admin.updateUserById(user.id, {
      app_metadata: { memberships: withMembership([...kept, ...current], membership) },
    });
    if (error) throw toProviderError(error);
    return {
      userId: user.id,
      linked: !(madeByUs && user.app_metadata.invitation_id === membership.invitation_id),
    };
  }

  /**
   * Deletes an account whose address is still not proved: changing its password would leave what
   * else opens it (identities of other providers, a telephone, second factors). It is read again
   * just before, because its owner may have proved the address meanwhile; who does so within the
   * call that deletes it has the new account instead.
   * @returns the memberships it had, if it was deleted: links to the same address gave them.
   */
  async function removeUnproved({ id }: User): Promise<Membership[]> {
    const { data, error } = await admin.getUserById(id);
    if (error?.code === USER_NOT_FOUND) return [];
    if (error) throw toProviderError(error);
    if (isProved(data.user)) return [];
    const deleted = await admin.deleteUser(id);
    if (deleted.error && deleted.error.code !== USER_NOT_FOUND) {
      throw toProviderError(deleted.error);
    }
    return membershipsOf(data.user);
  }

  return {
    async provision(person, membership) {
      let kept: Membership[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const created = await create(person, membership, withMembership(kept, membership));
        if (created) return { userId: created.id, linked: false };
        const user = await existing(person.email);
        if (user && isProved(user)) return join(user, membership, kept);
        if (user) kept = [...kept, ...(await removeUnproved(user))];
      }
      throw new ProviderError(
        ACCOUNT_FAILURE,
        'unavailable',
        'the address was signed up again while its account was made',
      );
    },
  };
}
