/** The API as a caller outside sees it; every answer is checked against what it has to be. */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
// k6 resolves paths, and none of the names in package.json.
import { CORRELATION_HEADER } from '../../src/kernel/workflow/names.ts';
import { settings } from './settings.ts';

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** As in `GET /openapi.json`; what figures are grouped by. */
  route: string;
  /** Values of the route's parameters. */
  with?: Record<string, string>;
  query?: string;
  body?: object;
  /** In place of a body: sent as a browser sends a form. */
  form?: Record<string, string>;
  /** Statuses that are right. */
  expect: number[];
  headers?: Record<string, string>;
  correlationId?: string;
  /** Without a token, as the browser of an invited person. */
  isPublic?: boolean;
}

export type Answer = RefinedResponse<'text'>;

const REQUEST_LIMIT = '30s';
const calledRoutes = new Set<string>();
let calls = 0;

/** `METHOD route` of each call that this virtual user has made. */
export const called = (): ReadonlySet<string> => calledRoutes;

/** Unique in every run of the load tests. */
export const newId = (): string => `load-${settings.runId}-${exec.vu.idInTest}-${calls++}`;

const pathOf = ({ route, with: values = {}, query = '' }: Call): string =>
  route.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? '')) + query;

const reasonIn = (answer: Answer): string => {
  if (answer.error) return answer.error;
  const { title = '', detail = '' } = isJson(answer) ? (answer.json() as Problem) : {};
  return `${title} ${detail}`.trim();
};

interface Problem {
  title?: string;
  detail?: string;
}

const isJson = (answer: Answer): boolean => /json/.test(answer.headers['Content-Type'] ?? '');

/** Sends a request; an answer with another status than expected fails the run of the test. */
export function call(one: Call): Answer {
  const { method, route, body, expect, correlationId = newId() } = one;
  const headers = {
    [CORRELATION_HEADER]: correlationId,
    ...(body && { 'content-type': 'application/json' }),
    ...(!one.isPublic && { authorization: `Bearer ${settings.token}` }),
    ...one.headers,
  };
  calledRoutes.add(`${method} ${route}`);
  const answer = http.request(
    method,
    settings.url + pathOf(one),
    body ? JSON.stringify(body) : (one.form ?? null),
    {
      headers,
      tags: { name: `${method} ${route}` },
      responseCallback: http.expectedStatuses(...expect),
      responseType: 'text',
      timeout: REQUEST_LIMIT,
    },
  ) as Answer;
  checkStatus(`${method} ${route}`, answer, expect);
  return answer;
}

export function checkStatus(request: string, answer: Answer, expect: number[]): boolean {
  const isExpected = expect.includes(answer.status);
  check(answer, { [`${request} answers ${expect.join(' or ')}`]: () => isExpected });
  if (!isExpected) console.warn(`${request} answered ${answer.status}: ${reasonIn(answer)}`);
  return isExpected;
}

/** A read whose answer has to be there. */
export const read = <T>(route: string, values: Record<string, string>, query = ''): T =>
  bodyOf<T>(call({ method: 'GET', route, with: values, query, expect: [200] }));

/** The answer's body; an empty object when there is none, so that what follows fails as a check. */
export const bodyOf = <T>(answer: Answer): T =>
  (isJson(answer) && answer.body ? answer.json() : {}) as T;

/**
 * Looks until something is there. A fault that keeps it away is told as a failed check.
 * @returns undefined when it was not there in time.
 */
export function until<T>(what: string, limitSeconds: number, look: () => T | undefined) {
  const deadline = Date.now() + limitSeconds * 1000;
  let found = look();
  while (found === undefined && Date.now() < deadline) {
    sleep(settings.pollSeconds);
    found = look();
  }
  const isThere = found !== undefined;
  check(null, { [what]: () => isThere });
  if (!isThere) console.warn(`${what}: not within ${limitSeconds} s`);
  return found;
}
