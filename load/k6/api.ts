/** Client of the API for k6; every response is checked against the expected status. */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
// k6 resolves relative paths only, and not the import aliases of package.json.
import { CORRELATION_HEADER } from '../../src/kernel/workflow/names.ts';
import { settings } from './settings.ts';

export interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** Route as in `GET /openapi.json`; k6's figures are grouped by it. */
  route: string;
  /** Values of the route's parameters. */
  with?: Record<string, string>;
  query?: string;
  body?: object;
  /** Form fields instead of a JSON body. */
  form?: Record<string, string>;
  /** Expected statuses. */
  expect: number[];
  headers?: Record<string, string>;
  correlationId?: string;
  /** Send no token, as the browser of an invited person. */
  isPublic?: boolean;
}

export type Answer = RefinedResponse<'text'>;

const REQUEST_LIMIT = '30s';
const calledRoutes = new Set<string>();
let calls = 0;

/** `METHOD route` of each call of this virtual user. */
export const called = (): ReadonlySet<string> => calledRoutes;

/** Unique in every load test. */
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

/** Sends a request; an unexpected status fails the run. */
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

/** Reads something that has to exist. */
export const read = <T>(route: string, values: Record<string, string>, query = ''): T =>
  bodyOf<T>(call({ method: 'GET', route, with: values, query, expect: [200] }));

/** Body of the response; an empty object when there is none, so that later checks fail. */
export const bodyOf = <T>(answer: Answer): T =>
  (isJson(answer) && answer.body ? answer.json() : {}) as T;

/**
 * Polls until a value is there. A missing value is reported as a failed check.
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
