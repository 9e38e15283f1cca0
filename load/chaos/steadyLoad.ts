/**
 * The steady load during faults: onboardings, invitations and their acceptance, as callers do it
 * who try again until they have an answer. Keeps a log of what each caller knows.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import { linkTokenOf } from './mails.ts';

/** `unknown` after an attempt without an answer; the next attempt has the same key. */
export type Answer = 'ok' | 'fail' | 'unknown';

export interface LoggedCall {
  at: Date;
  call: 'bootstrap' | 'invite' | 'accept';
  answer: Answer;
  status: number | null;
}

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

const ATTEMPT_LIMIT_MS = 15_000;
const SECOND_MS = 1_000;
const PAUSE_MS = 500;
const POLL_MS = 100;
const FINAL = new Set([400, 401, 403, 404, 410, 422]);

const onboardingOf = (): RequestedOnboarding => {
  const subdomain = `c${randomUUID().slice(0, 8)}`;
  const emails = ['ada', 'grace'].map((name) => `${name}@${subdomain}.example.org`);
  return { idempotencyKey: randomUUID(), subdomain, emails };
};

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
  { apiUrl, token, stack: { smtp } }: Pick<Arena, 'apiUrl' | 'token' | 'stack'>,
  perSecond: number,
): SteadyLoad {
  const calls: LoggedCall[] = [];
  const onboardings: RequestedOnboarding[] = [];
  const open = new Set<RequestedOnboarding>();
  const stopping = new AbortController();
  let starting = true;

  /** Ends early when the load is stopped. */
  const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal }).catch(() => {});

  async function attempt(call: LoggedCall['call'], path: string, init: RequestInit) {
    const done = (answer: Answer, status: number | null) =>
      calls.push({ at: new Date(), call, answer, status });
    try {
      const response = await fetch(apiUrl + path, {
        ...init,
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(ATTEMPT_LIMIT_MS)]),
      });
      const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
      // A refusal such as 409 is an answer, too; what cannot be answered now is a failure.
      done(response.status >= 500 || response.status === 429 ? 'fail' : 'ok', response.status);
      return { status: response.status, ok: response.ok, body };
    } catch {
      done('unknown', null);
      return undefined;
    }
  }

  /** Tries until there is an answer that stays as it is. */
  async function insist(call: LoggedCall['call'], path: string, init: () => Promise<RequestInit>) {
    while (!stopping.signal.aborted) {
      const answer = await attempt(call, path, await init());
      if (answer && (answer.ok || FINAL.has(answer.status) || answer.status === 409)) return answer;
      await pause(PAUSE_MS);
    }
    return undefined;
  }

  const post = async (
    body: object,
    headers: Record<string, string> = {},
  ): Promise<RequestInit> => ({
    method: 'POST',
    headers: {
      authorization: `Bearer ${await token()}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });

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
      await pause(PAUSE_MS);
    }
    return false;
  }

  async function accept(onboarding: RequestedOnboarding): Promise<void> {
    const [email = ''] = onboarding.emails;
    while (!stopping.signal.aborted) {
      const linked = linkTokenOf(smtp.mails, email);
      if (!linked) {
        await pause(POLL_MS);
        continue;
      }
      const path = `/api/v1/invitations/${linked}/accept`;
      const answer = await insist('accept', path, async () => ({ method: 'POST' }));
      if (answer?.ok) onboarding.member = { email, userId: String(answer.body.userId) };
      return;
    }
  }

  async function follow(onboarding: RequestedOnboarding): Promise<void> {
    open.add(onboarding);
    onboardings.push(onboarding);
    if ((await request(onboarding)) && (await inviteAnother(onboarding))) await accept(onboarding);
    if (!stopping.signal.aborted) open.delete(onboarding);
  }

  async function run(): Promise<void> {
    while (starting && !stopping.signal.aborted) {
      void follow(onboardingOf());
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
