/** The API role in this process, with tokens to call it with. */
import { randomUUID } from 'node:crypto';
import { loadConfig } from '#config.ts';
import { type LoopbackSupabase, startLoopbackSupabase } from '#dev/loopback/loopbackSupabase.ts';
import type { TokenClaims } from '#dev/loopback/tokenClaims.ts';
import { createLogger } from '#kernel/telemetry/logger.ts';
import { runApi } from '#roles/api/runApi.ts';
import type { Onboarding } from './onboarding.ts';
import { useStarted } from './useStarted.ts';

export interface TestApi {
  url: string;
  supabase: LoopbackSupabase;
  /** Authorization header of a caller who may bootstrap; overridden by `claims`. */
  authorization(claims?: Partial<TokenClaims>): Promise<string>;
  /** Calls a path; the body is sent as JSON, and read as JSON. */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; as?: Partial<TokenClaims> },
  ): Promise<ApiResponse>;
  stop(): Promise<void>;
}

export interface ApiResponse {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted field by field
  body: any;
  text: string;
}

export const BOOTSTRAP_PATH = '/api/v1/workflows/organization-bootstrap';
/** Who may ask for a bootstrap. */
export const BOOTSTRAPPER = [{ p: 'organization.create_root', s: '' }];
/** A caller who may do everything. */
export const ADMIN = { permissions: [{ p: 'platform.admin', s: '' }] };

/** Fractions of a second where production waits minutes. */
const FAST_ENV = {
  DNS_PROPAGATION_WAIT_SECONDS: '0.02',
  DNS_VERIFICATION_LIMIT_SECONDS: '0.3',
  DNS_VERIFICATION_BACKOFF_SECONDS: '0.05',
  ACTIVITY_RETRY_INITIAL_SECONDS: '0.05',
  ACTIVITY_HEARTBEAT_TIMEOUT_SECONDS: '2',
  INVITATION_RESEND_PAUSE_SECONDS: '0',
};

/** The API of a test file's own. @param env settings besides those of `onboarding`. */
export const useApi = (
  onboarding: Pick<Onboarding, 'workerEnv'>,
  env: Record<string, string> = {},
): TestApi =>
  useStarted(
    () => startApi(onboarding, env),
    (api) => api.stop(),
  );

export async function startApi(
  { workerEnv }: Pick<Onboarding, 'workerEnv'>,
  env: Record<string, string> = {},
): Promise<TestApi> {
  const supabase = await startLoopbackSupabase();
  const config = loadConfig('api', {
    ...workerEnv,
    ...FAST_ENV,
    PORT: '0',
    SUPABASE_URL: supabase.url,
    RECONCILE_INTERVAL_SECONDS: '3600',
    ...env,
  });
  const stopping = new AbortController();
  const { promise: listening, resolve } = Promise.withResolvers<number>();
  const running = runApi(config, createLogger('api', config.LOG_LEVEL), stopping.signal, resolve);
  const port = await Promise.race([listening, running.then(() => 0)]);
  const url = `http://127.0.0.1:${port}`;
  const caller = randomUUID();

  const authorization: TestApi['authorization'] = async (claims = {}) =>
    `Bearer ${await supabase.issueToken({ sub: caller, permissions: BOOTSTRAPPER, ...claims })}`;

  return {
    url,
    supabase,
    authorization,
    async call(method, path, { body, headers = {}, as } = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: await authorization(as),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? JSON.parse(text) : undefined,
      };
    },
    async stop() {
      stopping.abort();
      await running;
      await supabase.stop();
    },
  };
}

/** A request that is accepted; the slug is new each time. */
export function bootstrapRequest(slug = `s${randomUUID().slice(0, 8)}`) {
  return {
    subdomain: slug,
    orgData: { name: `Organization ${slug}`, type: 'provider' },
    users: [
      {
        email: `ada@${slug}.example.org`,
        firstName: 'Ada',
        lastName: 'Byron',
        role: 'provider_admin',
      },
    ],
  };
}
