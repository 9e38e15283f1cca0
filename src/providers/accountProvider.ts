/** Accounts at Supabase Auth, through its admin API and official client. */
import { type AuthError, createClient, type User } from '@supabase/supabase-js';
import type { WorkerConfig } from '#config';
import { ProviderError } from './providerError.ts';

type AccountConfig = Pick<WorkerConfig, 'SUPABASE_URL' | 'SUPABASE_SERVICE_ROLE_KEY'>;

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

export interface AccountProvider {
  /**
   * Makes sure that the address has an account with this membership. Repeating it is harmless:
   * the account is made once and the membership replaced by itself.
   * @throws ProviderError rejected, or rate_limited and unavailable for now.
   */
  provision(
    person: { email: string; firstName: string; lastName: string },
    membership: Membership,
  ): Promise<Account>;
}

const EMAIL_EXISTS = 'email_exists';
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const TIMEOUT_MS = 15_000;

/** Codes and status only: texts repeat the address. */
function toProviderError(error: AuthError): ProviderError {
  const { status = 0, code = 'unknown' } = error;
  const message = `Supabase Auth answered ${status || 'nothing'} (${code})`;
  if (status === TOO_MANY_REQUESTS)
    return new ProviderError('accounts', 'rate_limited', message, { status });
  const unavailable = status === 0 || status >= SERVER_ERROR;
  return new ProviderError('accounts', unavailable ? 'unavailable' : 'rejected', message, {
    status,
  });
}

const membershipsOf = ({ app_metadata }: User): Membership[] =>
  Array.isArray(app_metadata.memberships) ? app_metadata.memberships : [];

export function createAccountProvider(config: AccountConfig): AccountProvider {
  const { admin } = createClient(config.SUPABASE_URL, config.SUPABASE_SERVICE_ROLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }),
    },
  }).auth;

  /** The user of an address; generating a link is the API's only way that reads no list. */
  async function existing(email: string): Promise<User> {
    const { data, error } = await admin.generateLink({ type: 'magiclink', email });
    if (error) throw toProviderError(error);
    return data.user;
  }

  async function join(user: User, membership: Membership): Promise<Account> {
    const others = membershipsOf(user).filter(({ org_id }) => org_id !== membership.org_id);
    const madeByUs = membershipsOf(user).some(
      (one) => one.invitation_id === membership.invitation_id,
    );
    const { error } = await admin.updateUserById(user.id, {
      app_metadata: { memberships: [...others, membership] },
    });
    if (error) throw toProviderError(error);
    return {
      userId: user.id,
      linked: !(madeByUs && user.app_metadata.invitation_id === membership.invitation_id),
    };
  }

  return {
    async provision({ email, firstName, lastName }, membership) {
      const { data, error } = await admin.createUser({
        email,
        // The invitation's link has proved the address.
        email_confirm: true,
        user_metadata: { first_name: firstName, last_name: lastName },
        app_metadata: {
          org_id: membership.org_id,
          invitation_id: membership.invitation_id,
          memberships: [membership],
        },
      });
      if (!error) return { userId: data.user.id, linked: false };
      if (error.code !== EMAIL_EXISTS) throw toProviderError(error);
      return join(await existing(email), membership);
    },
  };
}
