/** The accounts of the loopback Supabase Auth, with their passwords and sessions. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Context } from 'koa';

export interface AuthUser {
  id: string;
  aud: 'authenticated';
  role: 'authenticated';
  email: string;
  /** Absent until the address is confirmed. */
  email_confirmed_at?: string;
  /** ISO 8601; the account cannot be used before. */
  banned_until?: string;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  created_at: string;
}

export interface UserStore {
  users: AuthUser[];
  byId(id: string | undefined): AuthUser | undefined;
  byEmail(email: string): AuthUser | undefined;
  /** Creates an account whose address is not confirmed yet. */
  create(email: string, password: string, user_metadata: Record<string, unknown>): AuthUser;
  /** Confirms the address, as the link in Supabase's own mail does. */
  confirm(email: string): void;
  hasPassword(id: string, password: string): boolean;
  /** Sets the password and ends the account's sessions, as Supabase Auth does. */
  setPassword(id: string, password: string): void;
  /** Removes the account with its password, identities and sessions. */
  remove(id: string): void;
  /** Creates a session and returns its refresh token. */
  openSession(id: string): string;
  /** Uses a refresh token, which is valid once; undefined when it is not valid. */
  takeSession(refreshToken: string): AuthUser | undefined;
}

/** Responds with an error in Supabase's format. */
export function refuse(ctx: Context, status: number, error_code: string): void {
  ctx.status = status;
  ctx.body = { code: status, error_code, msg: error_code };
}

export function createUserStore(): UserStore {
  const users: AuthUser[] = [];
  const passwords = new Map<string, string>();
  const sessions = new Map<string, string>();

  const endSessions = (id: string) => {
    for (const [token, owner] of sessions) if (owner === id) sessions.delete(token);
  };

  const store: UserStore = {
    users,
    byId: (id) => users.find((user) => user.id === id),
    byEmail: (email) => users.find((user) => user.email === email.toLowerCase()),
    create(email, password, user_metadata) {
      const user: AuthUser = {
        id: randomUUID(),
        aud: 'authenticated',
        role: 'authenticated',
        email: email.toLowerCase(),
        app_metadata: { provider: 'email', providers: ['email'] },
        user_metadata,
        created_at: new Date().toISOString(),
      };
      users.push(user);
      passwords.set(user.id, password);
      return user;
    },
    confirm(email) {
      const user = store.byEmail(email);
      if (user) user.email_confirmed_at ??= new Date().toISOString();
    },
    hasPassword: (id, password) => passwords.get(id) === password,
    setPassword(id, password) {
      passwords.set(id, password);
      endSessions(id);
    },
    remove(id) {
      users.splice(
        users.findIndex((user) => user.id === id),
        1,
      );
      passwords.delete(id);
      endSessions(id);
    },
    openSession(id) {
      const token = randomBytes(9).toString('base64url');
      sessions.set(token, id);
      return token;
    },
    takeSession(refreshToken) {
      const owner = sessions.get(refreshToken);
      sessions.delete(refreshToken);
      return store.byId(owner);
    },
  };
  return store;
}
