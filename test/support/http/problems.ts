/** Answers that say what is wrong, in the form of RFC 9457. */
import { expect } from 'vitest';
import type { ApiResponse } from '#support/stack/api.ts';

/** The type of a problem by its code, such as `not-active`. */
const problemType = (code: string): string => `urn:a4c:problem:${code}`;

/** The answer is this problem, and names the request that it answers. */
export function expectProblem(response: ApiResponse, status: number, code: string): void {
  expect([response.status, response.body?.type]).toEqual([status, problemType(code)]);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(response.body).toMatchObject({
    status,
    correlationId: response.headers.get('x-correlation-id'),
  });
}
