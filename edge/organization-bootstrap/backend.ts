/** The API behind the function: one route, the request as it came, the answer as it is. */
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

/** What another than the API may answer, a proxy or a page of its own, is no answer. */
function isAnswerOfApi({ status, headers }: Response): boolean {
  const isRedirect = status >= 300 && status < 400;
  return !isRedirect && /json/.test(headers.get('content-type') ?? '');
}

/**
 * Sends the request on and returns the API's answer, whatever its status.
 * @throws Problem 502 when the API cannot be reached or the answer is not its own, 504 when it
 *   takes too long.
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
      // The token is for this API, not for wherever it might point.
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
