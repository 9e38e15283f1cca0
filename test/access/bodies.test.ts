/** In which order a request is judged: its route, its token, its permission, and then its body. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { makeActiveOrganization } from '#support/history/organizations.ts';
import { expectProblem } from '#support/http/problems.ts';
import { sendRaw } from '#support/http/spellings.ts';
import { ADMIN, BOOTSTRAP_PATH, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

// No worker: what is started stays where it is.
const onboarding = useOnboarding();
const api = useApi(onboarding, { BODY_LIMIT_KB: '16', PUBLIC_RATE_LIMIT_PER_MINUTE: '1000' });

const BODIES: [what: string, body: string, headers: Record<string, string>][] = [
  ['no JSON', '{', {}],
  ['too large', JSON.stringify({ x: 'x'.repeat(20_000) }), {}],
  ['no gzip', 'plain', { 'content-encoding': 'gzip' }],
  ['of an unknown encoding', '{}', { 'content-encoding': 'x-rot13' }],
  ['of an unknown character set', '{}', { 'content-type': 'application/json; charset=x-none' }],
];
const json = { 'content-type': 'application/json' };

test.each(BODIES)('a body that is %s is not read without a token', async (_what, body, headers) => {
  const send = (path: string) =>
    api.call('POST', path, { body, headers: { ...json, ...headers, authorization: '' } });
  expectProblem(await send(BOOTSTRAP_PATH), 401, 'unauthorized');
  expectProblem(await send(`/api/v1/organizations/${randomUUID()}/sso`), 401, 'unauthorized');
  expectProblem(await send('/api/v1/nowhere'), 404, 'not-found');
  expectProblem(await send('/nowhere'), 404, 'not-found');
  expectProblem(await send('/health'), 405, 'method-not-allowed');
  expectProblem(await send(`/api/v1/invitations/${'x'.repeat(43)}/accept`), 404, 'not-found');
});

test.each(BODIES)(
  'a body that is %s is not read without the permission',
  async (_what, body, h) => {
    const headers = { ...json, ...h };
    const as = { permissions: [] };
    expectProblem(await api.call('POST', BOOTSTRAP_PATH, { body, headers, as }), 403, 'forbidden');
    const hidden = `/api/v1/organizations/${randomUUID()}`;
    expectProblem(await api.call('DELETE', hidden, { body, headers, as }), 404, 'not-found');
  },
);

test.each(BODIES)('a body that is %s is refused for itself after that', async (_what, body, h) => {
  const { status } = await api.call('POST', BOOTSTRAP_PATH, { body, headers: { ...json, ...h } });
  expect([400, 413, 415]).toContain(status);
});

test.each([
  ['none', {}],
  ['an empty one', { 'content-length': '0' }],
])('what ends something needs no body: %s', async (_what, headers) => {
  const { pool } = onboarding.database;
  const { orgId } = await makeActiveOrganization(pool);
  const path = `/api/v1/organizations/${orgId}`;
  const send = (to: string, more: Record<string, string> = {}) =>
    sendRaw(api.url, {
      method: 'DELETE',
      path: to,
      headers: { ...headers, ...more, authorization },
    });
  const authorization = await api.authorization(ADMIN);
  expect(await send(`${path}/sso`)).toMatchObject({ status: 409, code: 'sso-not-configured' });
  expect(await send(path, { 'content-type': 'text/plain', 'content-length': '0' })).toMatchObject({
    status: 202,
  });
  const run = onboarding.client.workflow.getHandle(deletionWorkflowId(orgId));
  const [started] = (await run.fetchHistory()).events ?? [];
  const [input] = started?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(defaultPayloadConverter.fromPayload(input!)).toMatchObject({ reason: 'no reason given' });
  const text = await api.call('DELETE', path, {
    as: ADMIN,
    body: 'because',
    headers: { 'content-type': 'text/plain' },
  });
  expectProblem(text, 415, 'unsupported-media-type');
});

test('the answer to a request without a token does not wait for its body', async () => {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const call = request(
    api.url + BOOTSTRAP_PATH,
    { method: 'POST', headers: { ...json, 'content-length': '10000' } },
    ({ statusCode = 0 }) => resolve(statusCode),
  );
  call.once('error', reject);
  call.write('{"subdomain":');
  expect(await promise).toBe(401);
  call.destroy();
});
