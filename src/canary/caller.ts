/** Calls the API as anybody does: with a token of Supabase Auth, over its public address. */
import { createClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { boundedText } from '#kernel/outbound/boundedBody.ts';
import { CanaryFailure } from './failure.ts';
import type { CanaryConfig } from './settings.ts';

const CALL_LIMIT_MS = 20_000;
const MAX_ANSWER_BYTES = 1_000_000;

export interface Answer {
  /** 0 without an answer. */
  status: number;
  /** The body, or an empty object where it is no JSON. */
  body: Record<string, unknown>;
  /** Of a problem: the last part of its type. */
  code: string;
}

export interface Caller {
  /** The organization that the canary's account is a member of, below which it makes others. */
  homeId: string | undefined;
  call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    asked?: { body?: object; headers?: Record<string, string> },
  ): Promise<Answer>;
}

const SILENCE: Answer = { status: 0, body: {}, code: 'no-answer' };

function answerOf(status: number, text: string | undefined): Answer {
  let body: Record<string, unknown> = {};
  try {
    body = Object(JSON.parse(text ?? ''));
  } catch {
    // A page of what is in front of the API.
  }
  const code = /[\w-]+$/.exec(String(body.type ?? ''))?.[0] ?? `status-${status}`;
  return { status, body, code };
}

/** @throws CanaryFailure `login` when Supabase Auth gives no token. */
async function tokenOf(config: CanaryConfig, stopping: AbortSignal): Promise<string> {
  const { SUPABASE_URL = '', CANARY_SUPABASE_KEY = '' } = config;
  const { auth } = createClient(SUPABASE_URL, CANARY_SUPABASE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: {
      fetch: (input, init) =>
        fetch(input, {
          ...init,
          signal: AbortSignal.any([stopping, AbortSignal.timeout(CALL_LIMIT_MS)]),
        }),
    },
  });
  const { data } = await auth
    .signInWithPassword({
      email: config.CANARY_EMAIL ?? '',
      password: config.CANARY_PASSWORD ?? '',
    })
    .catch(() => ({ data: { session: null } }));
  stopping.throwIfAborted();
  if (!data.session) throw new CanaryFailure('login');
  return data.session.access_token;
}

const homeOf = (token: string): string | undefined => {
  const { org_id } = decodeJwt(token);
  return typeof org_id === 'string' && org_id !== '' ? org_id : undefined;
};

/**
 * Logs in. What is called does not throw for an answer, or for none.
 * @throws CanaryFailure `login`; or the reason of `stopping`.
 */
export async function logIn(config: CanaryConfig, stopping: AbortSignal): Promise<Caller> {
  const token = await tokenOf(config, stopping);
  const base = (config.CANARY_API_URL ?? '').replace(/\/$/, '');
  return {
    homeId: homeOf(token),
    async call(method, path, { body, headers = {} } = {}) {
      try {
        const answer = await fetch(base + path, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body && { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(body && { body: JSON.stringify(body) }),
          redirect: 'manual',
          signal: AbortSignal.any([stopping, AbortSignal.timeout(CALL_LIMIT_MS)]),
        });
        return answerOf(answer.status, await boundedText(answer.body, MAX_ANSWER_BYTES));
      } catch {
        stopping.throwIfAborted();
        return SILENCE;
      }
    },
  };
}
