/** Accounts at Supabase Auth, through its admin API and official client. */
import { type AuthError, createClient, type User } from '@supabase/supabase-js';
import { ProviderError } from '#kernel/providerError.ts';
import { ACCOUNT_FAILURE } from './rules.ts';
import type { InvitationWorkerConfig } from './settings.ts';

type AccountConfig = Pick<InvitationWorkerConfig, 'SUPABASE_URL' | 'SUPABASE_SERVICE_ROLE_KEY'>;

export interface Account {
  userId: string;
  /** True when the address already had an account before this invitation. */
  linked: boolean;
}

/** The roles of an account in one organization. */
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
   * Makes sure that the address has an account with this membership. It can be repeated: the
   * account is created only once, and the membership is replaced. An account with an unconfirmed
   * address may belong to somebody else: it is deleted, with its password, identities and sessions,
   * and replaced by a new one.
   * @throws ProviderError rejected; rate_limited or unavailable when it may succeed later.
   */
  provision(person: Person, membership: Membership): Promise<Account>;
}

const EMAIL_EXISTS = 'email_exists';
const USER_NOT_FOUND = 'user_not_found';
/** How often to look again when the account was changed between two calls. */
const ROUNDS = 3;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const TIMEOUT_MS = 15_000;

/** Uses only code and status, because the message contains the address. */
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

/** Adds a membership. There is one per organization: a new one replaces the old one. */
const withMembership = (others: Membership[], membership: Membership): Membership[] => [
  ...new Map([...others, membership].map((one) => [one.org_id, one])).values(),
];

/** True when the owner of the address has confirmed it. */
const isProved = ({ email_confirmed_at }: User): boolean => Boolean(email_confirmed_at);

export function createAccountProvider(config: AccountConfig): AccountProvider {
  const { admin } = createClient(config.SUPABASE_URL, config.SUPABASE_SERVICE_ROLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    },
  }).auth;

  /** @returns undefined when the address already has an account. */
  async function create(
    { email, firstName, lastName }: Person,
    membership: Membership,
    memberships: Membership[],
  ): Promise<User | undefined> {
    const { data, error } = await admin.createUser({
      email,
      // The link of the invitation's mail has proved the address.
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
   * Deletes an account whose address is still not confirmed. Changing only the password would keep
   * the other ways to log in (identities of other providers, a telephone, second factors). The
   * account is read again just before, because its owner may have confirmed the address meanwhile.
   * Somebody who confirms it during the deletion gets the new account instead.
   * @returns the memberships of the deleted account: links to the same address gave them. Empty
   *   when nothing was deleted.
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
