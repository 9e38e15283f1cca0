/** Client of the API: sends the request to one route and returns the response unchanged. */
import { Problem } from './problem.ts';
import type { Settings } from './settings.ts';

const PATH = '/api/v1/workflows/organization-bootstrap';
const FORWARDED = [
  'authorization',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'traceparent',
  'tracestate',
];
const RETURNED = ['content-type', 'retry-after', 'traceparent', 'www-authenticate'];
const RETRY_SAFE =
  'The request may have arrived. Repeating it with the same Idempotency-Key is safe.';
const RETRY = { detail: RETRY_SAFE, headers: { 'retry-after': '5' } };

const pick = (headers: Headers, names: string[]): [string, string][] =>
  names.flatMap((name): [string, string][] => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });

/** @throws Problem 413 as soon as the body is longer than the limit. */
export async function readBody(
  request: Request,
  limitBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new Problem(413, 'body-too-large', 'The request body is too large');
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** A response of another type comes from a proxy and not from the API. */
function isAnswerOfApi({ status, headers }: Response): boolean {
  const isRedirect = status >= 300 && status < 400;
  return !isRedirect && /json/.test(headers.get('content-type') ?? '');
}

/**
 * Forwards the request and returns the API's response, whatever its status.
 * @throws Problem 502 when the API cannot be reached or the response is not the API's, 504 after
 * the time limit.
 */
export async function forward(
  { backendUrl, timeoutMs }: Settings,
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  correlationId: string,
): Promise<Response> {
  try {
    const response = await fetch(backendUrl + PATH, {
      method: 'POST',
      headers: [...pick(headers, FORWARDED), ['x-correlation-id', correlationId]],
      body,
      // Do not send the token to another address than the API's.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = await response.arrayBuffer();
    if (!isAnswerOfApi(response)) {
      throw new Problem(502, 'backend-invalid', 'The API gave no answer of its own', RETRY);
    }
    return new Response(answer, {
      status: response.status,
      headers: pick(response.headers, RETURNED),
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw (error as Error).name === 'TimeoutError'
      ? new Problem(504, 'backend-timeout', 'The API did not answer in time', RETRY)
      : new Problem(502, 'backend-unreachable', 'The API cannot be reached', RETRY);
  }
}
