/** Browsers of listed origins may call; none by default. */

const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'x-correlation-id',
  'traceparent',
  'tracestate',
  // Supabase's client sends these two to every function.
  'apikey',
  'x-client-info',
];
const EXPOSED_HEADERS = ['x-correlation-id', 'traceparent', 'retry-after'];
const PREFLIGHT_SECONDS = '600';

export const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers.has('access-control-request-method');

/** What every answer says to browsers. */
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

/** The answer to a preflight; to a stranger it allows nothing. */
export const preflightResponse = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': ALLOWED_HEADERS.join(','),
      'access-control-max-age': PREFLIGHT_SECONDS,
    },
  });
