/** A caller of the API who tries again until there is an answer, and keeps a log of what it knows. */
import { pause } from '#kernel/pause.ts';

/** `unknown` after an attempt without an answer; the next attempt has the same key. */
export type Answer = 'ok' | 'fail' | 'unknown';

export interface LoggedCall {
  at: Date;
  call: 'bootstrap' | 'invite' | 'accept' | 'resend' | 'claim' | 'sign-on' | 'read';
  answer: Answer;
  status: number | null;
}

export interface Reply {
  status: number;
  ok: boolean;
  body: Record<string, unknown>;
}

export interface Caller {
  calls: LoggedCall[];
  /** Aborted when nobody calls any more. */
  stopped: AbortSignal;
  /** Ends early when the caller is stopped. */
  pause(ms?: number): Promise<void>;
  /** Tries until there is an answer that stays as it is; undefined when the caller is stopped. */
  insist(
    call: LoggedCall['call'],
    path: string,
    init: () => Promise<RequestInit>,
  ): Promise<Reply | undefined>;
}

export const ATTEMPT_LIMIT_MS = 15_000;
const PAUSE_MS = 500;
const FINAL = new Set([400, 401, 403, 404, 409, 410, 422]);

export function createCaller(apiUrl: string, stopped: AbortSignal): Caller {
  const calls: LoggedCall[] = [];
  const rest = (ms = PAUSE_MS) => pause(ms, stopped);

  async function attempt(
    call: LoggedCall['call'],
    path: string,
    init: RequestInit,
  ): Promise<Reply | undefined> {
    const done = (answer: Answer, status: number | null) =>
      calls.push({ at: new Date(), call, answer, status });
    try {
      const response = await fetch(apiUrl + path, {
        ...init,
        signal: AbortSignal.any([stopped, AbortSignal.timeout(ATTEMPT_LIMIT_MS)]),
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

  return {
    calls,
    stopped,
    pause: rest,
    async insist(call, path, init) {
      while (!stopped.aborted) {
        const reply = await attempt(call, path, await init());
        if (reply && (reply.ok || FINAL.has(reply.status))) return reply;
        await rest();
      }
      return undefined;
    },
  };
}

export const jsonBody = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** A request of somebody who is logged in. */
export function authorized(token: string, init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}
