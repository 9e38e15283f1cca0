/**
 * The steady load during faults: onboardings, invitations and their acceptance, as callers do it
 * who try again until they have an answer. Keeps a log of what each caller knows.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import { authorized, createCaller, jsonBody, type LoggedCall } from './caller.ts';
import { linkTokenOf } from './mails.ts';
import { type RequestedSignOn, signOn } from './signOnLoad.ts';

export interface RequestedOnboarding {
  idempotencyKey: string;
  subdomain: string;
  /** Everybody who is invited, by the request or later. */
  emails: string[];
  /** What the API accepted; undefined while no attempt has been answered with 202. */
  organizationId?: string;
  workflowId?: string;
  /** The last answer when the request was refused for good. */
  refused?: number;
  /** The address whose invitation was answered as accepted, with the account it told of. */
  member?: { email: string; userId: string };
  /** Set where single sign-on is wanted. */
  signOn?: RequestedSignOn;
  /** An operator ended its run, so it need not become active. */
  ended?: 'cancelled' | 'terminated';
}

export interface LoadLog {
  calls: LoggedCall[];
  onboardings: RequestedOnboarding[];
}

export interface SteadyLoad extends LoadLog {
  /** No new onboardings; those that were begun are followed to their end. */
  stopStarting(): void;
  /** Resolves when every caller has what it wants, or `limitMs` is over. @returns who has not. */
  settled(limitMs: number): Promise<RequestedOnboarding[]>;
  stop(): void;
}

const SECOND_MS = 1_000;
const POLL_MS = 100;
/** After so long without a mail, somebody asks for it again. */
const MAIL_PATIENCE_MS = 20_000;
/** One onboarding of so many configures single sign-on, too. */
const SIGN_ON_EVERY = 5;

function onboardingOf(withSignOn: boolean): RequestedOnboarding {
  const subdomain = `c${randomUUID().slice(0, 8)}`;
  const domain = `${subdomain}.example.org`;
  const emails = ['ada', 'grace'].map((name) => `${name}@${domain}`);
  const onboarding = { idempotencyKey: randomUUID(), subdomain, emails };
  if (!withSignOn) return onboarding;
  const entityId = `https://idp.${domain}/metadata`;
  return { ...onboarding, signOn: { domain, entityId, requester: `it@${domain}` } };
}

const person = (email: string) => ({
  email,
  firstName: 'Ada',
  lastName: 'Byron',
  role: 'viewer',
});

/** The answer tells for each person what became of it: what was not started is asked for again. */
const isInvited = ({ accepted, refused }: Record<string, unknown>): boolean =>
  (accepted as unknown[]).length > 0 ||
  (refused as { reason: string }[]).some(({ reason }) => reason === 'already-invited');

/** @param perSecond new onboardings. */
export function startLoad(
  { apiUrl, token, stack }: Pick<Arena, 'apiUrl' | 'token' | 'stack'>,
  perSecond: number,
): SteadyLoad {
  const onboardings: RequestedOnboarding[] = [];
  const open = new Set<RequestedOnboarding>();
  const stopping = new AbortController();
  const caller = createCaller(apiUrl, stopping.signal);
  const { calls, insist, pause } = caller;
  let starting = true;

  const post = async (body: object, headers: Record<string, string> = {}) => {
    const init = jsonBody(body);
    return authorized(await token(), { ...init, headers: { ...init.headers, ...headers } });
  };

  async function request(onboarding: RequestedOnboarding): Promise<boolean> {
    const { subdomain, emails, idempotencyKey } = onboarding;
    const body = {
      subdomain,
      orgData: { name: `Clinic ${subdomain}`, type: 'provider' },
      users: emails.map(person),
    };
    const answer = await insist('bootstrap', '/api/v1/workflows/organization-bootstrap', () =>
      post(body, { 'idempotency-key': idempotencyKey }),
    );
    if (!answer?.ok) {
      if (answer) onboarding.refused = answer.status;
      return false;
    }
    onboarding.organizationId = String(answer.body.organizationId);
    onboarding.workflowId = String(answer.body.workflowId);
    return true;
  }

  /** One more person, once the organization is active; refused before, and tried again. */
  async function inviteAnother(onboarding: RequestedOnboarding): Promise<boolean> {
    const { organizationId, subdomain, emails } = onboarding;
    const email = `alan@${subdomain}.example.org`;
    const path = `/api/v1/organizations/${organizationId}/invitations`;
    while (!onboarding.ended && !stopping.signal.aborted) {
      const answer = await insist('invite', path, () => post({ invitations: [person(email)] }));
      if (answer?.ok && isInvited(answer.body)) {
        emails.push(email);
        return true;
      }
      await pause();
    }
    return false;
  }

  /** Asks for the first person's mail again: one whose outcome nobody knows is not sent twice. */
  async function askAgain({ organizationId, emails: [email] }: RequestedOnboarding): Promise<void> {
    const path = `/api/v1/organizations/${organizationId}/invitations`;
    const list = await insist('read', path, async () => authorized(await token()));
    const invitations = (list?.body.invitations ?? []) as Record<string, string>[];
    const mine = invitations.find((one) => one.email === email);
    if (mine?.emailStatus !== 'unknown') return;
    await insist('resend', `${path}/${mine.invitationId}/resend`, () => post({}));
  }

  /** The token in the first person's mail. */
  async function mailedToken(onboarding: RequestedOnboarding): Promise<string | undefined> {
    const [email = ''] = onboarding.emails;
    let askAt = Date.now() + MAIL_PATIENCE_MS;
    while (!stopping.signal.aborted) {
      const linked = linkTokenOf(stack.smtp.mails, email);
      if (linked) return linked;
      await pause(POLL_MS);
      if (Date.now() < askAt) continue;
      await askAgain(onboarding);
      askAt = Date.now() + MAIL_PATIENCE_MS;
    }
    return undefined;
  }

  async function accept(onboarding: RequestedOnboarding): Promise<void> {
    const linked = await mailedToken(onboarding);
    const [email = ''] = onboarding.emails;
    const path = `/api/v1/invitations/${linked}/accept`;
    const answer = await insist('accept', path, async () => ({ method: 'POST' }));
    if (answer?.ok) onboarding.member = { email, userId: String(answer.body.userId) };
  }

  async function toItsEnd(onboarding: RequestedOnboarding): Promise<void> {
    if (!(await request(onboarding)) || !(await inviteAnother(onboarding))) return;
    await accept(onboarding);
    const { organizationId, signOn: wanted } = onboarding;
    if (wanted) await signOn(caller, { token, stack }, organizationId!, wanted);
  }

  async function follow(onboarding: RequestedOnboarding): Promise<void> {
    open.add(onboarding);
    onboardings.push(onboarding);
    await toItsEnd(onboarding);
    if (!stopping.signal.aborted) open.delete(onboarding);
  }

  async function run(): Promise<void> {
    while (starting && !stopping.signal.aborted) {
      void follow(onboardingOf(onboardings.length % SIGN_ON_EVERY === 0));
      await pause(SECOND_MS / perSecond);
    }
  }
  void run();

  return {
    calls,
    onboardings,
    stopStarting() {
      starting = false;
    },
    async settled(limitMs) {
      const deadline = Date.now() + limitMs;
      while (open.size > 0 && Date.now() < deadline) await delay(POLL_MS);
      return [...open];
    },
    stop() {
      starting = false;
      stopping.abort();
    },
  };
}
