/** Counts and times the calls of providers, by endpoint: never by address, id or host. */
import { isProviderError, type ProviderErrorKind } from '#kernel/providerError.ts';
import { KERNEL_LABEL_VALUES } from '#kernel/telemetry/kernelMetrics.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

type CallOutcome = (typeof KERNEL_LABEL_VALUES.call_outcome)[number];

/**
 * The endpoints that we call, as templates; also the values of a label. A path is the end of the
 * real one.
 */
export const PROVIDER_ENDPOINTS = {
  cloudflare: [
    'GET /zones',
    'GET /zones/:id/dns_records',
    'POST /zones/:id/dns_records',
    'DELETE /zones/:id/dns_records/:id',
  ],
  supabase_auth: [
    'POST /admin/users',
    'GET /admin/users/:id',
    'PUT /admin/users/:id',
    'DELETE /admin/users/:id',
    'POST /admin/generate_link',
    'GET /admin/sso/providers',
    'POST /admin/sso/providers',
    'GET /admin/sso/providers/:id',
    'PUT /admin/sso/providers/:id',
    'DELETE /admin/sso/providers/:id',
  ],
  supabase_keys: ['GET keys'],
  mail: ['send', 'check'],
  dns: ['CNAME', 'A', 'AAAA', 'TXT'],
  identity_provider: ['GET metadata'],
} as const;

export type CalledProvider = keyof typeof PROVIDER_ENDPOINTS;

/** Told of each call when it ended. */
export type ObserveCall = (call: {
  provider: CalledProvider;
  endpoint: string;
  outcome: CallOutcome;
  seconds: number;
}) => void;

/** For tools and tests that count nothing. */
export const unobserved: ObserveCall = () => {};

/** @returns counts calls; every series of these providers begins at zero. */
export function countCalls(metrics: Metrics, providers: readonly CalledProvider[]): ObserveCall {
  for (const provider of providers) {
    for (const endpoint of PROVIDER_ENDPOINTS[provider]) {
      metrics.zero('provider_request_duration_seconds', { provider, endpoint });
      for (const outcome of KERNEL_LABEL_VALUES.call_outcome) {
        metrics.inc('provider_requests_total', { provider, endpoint, outcome }, 0);
      }
    }
  }
  return ({ provider, endpoint, outcome, seconds }) => {
    metrics.inc('provider_requests_total', { provider, endpoint, outcome });
    metrics.observe('provider_request_duration_seconds', { provider, endpoint }, seconds);
  };
}

const TOO_MANY_REQUESTS = 429;

/** @param results statuses of errors that tell the work what it asked, such as "no such user". */
export function outcomeOfStatus(status: number, results: readonly number[] = []): CallOutcome {
  if (status < 400 || results.includes(status)) return 'ok';
  if (status === TOO_MANY_REQUESTS) return 'limited';
  return status >= 500 ? 'failed' : 'refused';
}

const OUTCOME_OF_KIND: Record<ProviderErrorKind, CallOutcome> = {
  rejected: 'refused',
  conflict: 'refused',
  unauthorized: 'refused',
  quota: 'refused',
  rate_limited: 'limited',
  paced: 'limited',
  unavailable: 'failed',
  unexpected: 'failed',
  transport: 'silent',
  unknown_outcome: 'silent',
};

/** Whatever is no answer of the provider is its silence: an abandoned call got none, either. */
const outcomeOfError = (error: unknown): CallOutcome =>
  isProviderError(error) ? OUTCOME_OF_KIND[error.kind] : 'silent';

/** Makes one call and observes it. @param outcomeOf for calls whose answer may be a refusal. */
export async function observed<P extends CalledProvider, T>(
  observe: ObserveCall,
  provider: P,
  endpoint: (typeof PROVIDER_ENDPOINTS)[P][number] | 'other',
  call: () => Promise<T>,
  outcomeOf: (answer: T) => CallOutcome = () => 'ok',
): Promise<T> {
  const began = performance.now();
  const told = (outcome: CallOutcome) =>
    observe({ provider, endpoint, outcome, seconds: (performance.now() - began) / 1000 });
  try {
    const answer = await call();
    told(outcomeOf(answer));
    return answer;
  } catch (error) {
    told(outcomeOfError(error));
    throw error;
  }
}

/** The template of a request. */
function endpointOf<P extends CalledProvider>(provider: P, method: string, path: string) {
  const endpoints: readonly (typeof PROVIDER_ENDPOINTS)[P][number][] = PROVIDER_ENDPOINTS[provider];
  const found = endpoints.find((endpoint) => {
    const [verb, template = ''] = endpoint.split(' ');
    const end = new RegExp(`${template.replaceAll(':id', '[^/]+')}$`);
    return verb === method && end.test(path);
  });
  return found ?? 'other';
}

/** `fetch` that observes each call. @param results as of `outcomeOfStatus`. */
export function observedFetch(
  observe: ObserveCall,
  provider: 'cloudflare' | 'supabase_auth',
  results: readonly number[] = [],
  make: typeof fetch = fetch,
): typeof fetch {
  return (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const endpoint = endpointOf(provider, init?.method?.toUpperCase() ?? 'GET', pathname);
    return observed(
      observe,
      provider,
      endpoint,
      () => make(input, init),
      ({ status }) => outcomeOfStatus(status, results),
    );
  };
}
