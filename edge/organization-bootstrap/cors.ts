/** CORS: only browsers of the listed origins may call; the default is none. */

const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'x-correlation-id',
  'traceparent',
  'tracestate',
  // Supabase's client sends these two headers to every function.
  'apikey',
  'x-client-info',
];
const EXPOSED_HEADERS = ['x-correlation-id', 'traceparent', 'retry-after'];
const PREFLIGHT_SECONDS = '600';

export const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('access-control-request-method');

/** CORS headers of every response. */
export function corsHeaders(origins: string[], request: Request): Record<string, string> {
  const origin = request.headers.get('origin') ?? '';
  return {
    vary: 'Origin',
    ...(origins.includes(origin) && {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': EXPOSED_HEADERS.join(','),
    }),
  };
}

/** Response to a preflight request; allows nothing to an origin that is not listed. */
export const preflightResponse = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': ALLOWED_HEADERS.join(','),
      'access-control-max-age': PREFLIGHT_SECONDS,
    },
  });
