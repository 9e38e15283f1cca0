/** Handles one request and writes one log line for it. */
import { forward, readBody } from './backend.ts';
import { corsHeaders, isPreflight, preflightResponse } from './cors.ts';
import { Problem, problemResponse } from './problem.ts';
import type { Settings } from './settings.ts';
import { createTokenCheck } from './token.ts';

/** Format of a correlation id, as the API defines it: short, printable, safe in a log line. */
const CORRELATION_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Fields of a log line: ids and figures, never a header, a body or an address. */
export interface LogLine {
  level: 'info' | 'error';
  time: string;
  service: string;
  message: string;
  correlation_id: string;
  method: string;
  status: number;
  duration_ms: number;
  /** Why the function itself refused the request; absent for a response of the API. */
  problem?: string;
  /** Name of an unexpected error; its message could contain a value from the request. */
  error?: string;
}

function correlationIdOf(headers: Headers): string {
  const given = headers.get('x-correlation-id') ?? '';
  return CORRELATION_ID.test(given) ? given : crypto.randomUUID();
}

/** The response to an unexpected error does not contain its message. */
const toProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem(500, 'internal', 'The server could not handle the request');

/** @param log called once for every request, after the response. */
export function createHandler(
  settings: Settings,
  log: (line: LogLine) => void,
): (request: Request) => Promise<Response> {
  const checkToken = createTokenCheck(settings);

  async function answer(request: Request, correlationId: string): Promise<Response> {
    if (isPreflight(request)) return preflightResponse();
    if (request.method !== 'POST') {
      throw new Problem(405, 'method-not-allowed', 'This route has no such method', {
        headers: { allow: 'POST' },
      });
    }
    await checkToken(request.headers.get('authorization'));
    const body = await readBody(request, settings.bodyLimitBytes);
    return forward(settings, request.headers, body, correlationId);
  }

  return async (request) => {
    const started = performance.now();
    const correlationId = correlationIdOf(request.headers);
    let refusal: Pick<LogLine, 'problem' | 'error'> = {};
    const response = await answer(request, correlationId).catch((error) => {
      const problem = toProblem(error);
      refusal = {
        problem: problem.code,
        ...(problem !== error && { error: (error as Error).name }),
      };
      return problemResponse(problem, new URL(request.url).pathname, correlationId);
    });
    response.headers.set('x-correlation-id', correlationId);
    for (const [name, value] of Object.entries(corsHeaders(settings.origins, request))) {
      response.headers.set(name, value);
    }
    log({
      level: response.status >= 500 ? 'error' : 'info',
      time: new Date().toISOString(),
      service: 'organization-bootstrap',
      message: 'request',
      correlation_id: correlationId,
      method: request.method,
      status: response.status,
      duration_ms: Math.round(performance.now() - started),
      ...refusal,
    });
    return response;
  };
}
