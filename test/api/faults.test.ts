/** What the API says when something beside it is broken, or the request is. */
import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { expectProblem } from '#support/http/problems.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

// No worker: what is started stays where it is.
const onboarding = useOnboarding();
const api = useApi(onboarding, { BODY_LIMIT_KB: '64' });

async function bootstrap(key = randomUUID()) {
  const request = bootstrapRequest();
  const headers = { 'idempotency-key': key };
  const { status, text, body } = await api.call('POST', BOOTSTRAP_PATH, { body: request, headers });
  expect(status).toBe(202);
  const { workflowId, organizationId } = body as { workflowId: string; organizationId: string };
  return { request, text, workflowId, organizationId };
}

/** As a run that came to its end would have left it. */
const setStatus = (organizationId: string, status: string) =>
  onboarding.owner.query(
    `UPDATE organizations_projection SET status = $2, path = replace(slug, '-', '_')::ltree
     WHERE org_id = $1`,
    [organizationId, status],
  );

describe('a compressed body', () => {
  const post = (body: Uint8Array<ArrayBuffer>) =>
    api.authorization().then((authorization) =>
      fetch(api.url + BOOTSTRAP_PATH, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json', 'content-encoding': 'gzip' },
        body,
      }),
    );
  const packed = (text: string) => new Uint8Array(gzipSync(text));

  test('is unpacked', async () => {
    expect((await post(packed(JSON.stringify(bootstrapRequest())))).status).toBe(202);
  });

  test('that unpacks to more than the limit is 413', async () => {
    const bomb = packed(`{"x":"${'x'.repeat(50_000_000)}"}`);
    expect(bomb.length).toBeLessThan(64 * 1024);
    expect((await post(bomb)).status).toBe(413);
  });

  test('that is none is 400', async () => {
    expect((await post(new Uint8Array([1, 2, 3]))).status).toBe(400);
  });
});

test('keys that would reach an object’s prototype are refused', async () => {
  const body = JSON.stringify(bootstrapRequest()).replace('{', '{"__proto__":{"admin":true},');
  expectProblem(await api.call('POST', BOOTSTRAP_PATH, { body }), 400, 'invalid-request');
});

describe('while the database does not answer', () => {
  const cut = useApi(onboarding, { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' });

  test.each([
    ['POST', BOOTSTRAP_PATH],
    ['GET', `/api/v1/organizations/${randomUUID()}`],
    ['GET', `/api/v1/workflows/org-bootstrap-${randomUUID()}`],
  ])('%s %s is 503, and tells nothing of it', async (method, path) => {
    const body = method === 'POST' ? bootstrapRequest() : undefined;
    const response = await cut.call(method, path, { body });
    expectProblem(response, 503, 'unavailable');
    expect(response.headers.get('retry-after')).toBe('5');
    expect(response.text).not.toMatch(/secret|ECONN|127\.0\.0\.1|stack|postgres/i);
  });

  test('the process lives and is not ready', async () => {
    expect((await cut.call('GET', '/health')).status).toBe(200);
    const { status, body } = await cut.call('GET', '/ready');
    expect(status).toBe(503);
    expect(body).toEqual({
      ready: false,
      checks: { postgres: 'failed', temporal: 'ok', temporal_setup: 'ok' },
    });
  });
});

test('survives the loss of every database connection', async () => {
  await api.call('GET', `/api/v1/organizations/${randomUUID()}`);
  await onboarding.owner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'a4c-api'`,
  );
  await vi.waitFor(async () => {
    const { status } = await api.call('GET', `/api/v1/organizations/${randomUUID()}`);
    expect(status).toBe(404);
  });
});

test('a request that was given up is answered as before, and not started after all', async () => {
  const key = randomUUID();
  const { text, request, workflowId, organizationId } = await bootstrap(key);
  const { runId } = await onboarding.client.workflow.getHandle(workflowId).describe();
  await onboarding.client.workflow.getHandle(workflowId).terminate();
  await setStatus(organizationId, 'failed');
  const again = await api.call('POST', BOOTSTRAP_PATH, {
    body: request,
    headers: { 'idempotency-key': key },
  });
  expect([again.status, again.text]).toEqual([202, text]);
  const run = await onboarding.client.workflow.getHandle(workflowId).describe();
  expect([run.runId, run.status.name]).toEqual([runId, 'TERMINATED']);
});

describe('a deletion', () => {
  const remove = (organizationId: string) =>
    api.call('DELETE', `/api/v1/organizations/${organizationId}`, {
      body: { reason: 'left' },
      as: ADMIN,
    });

  test('is not there before it was asked for', async () => {
    const { organizationId } = await bootstrap();
    const path = `/api/v1/workflows/org-deletion-${organizationId}`;
    expect((await api.call('GET', path)).status).toBe(404);
  });

  test('waits for the end of the bootstrap', async () => {
    const { organizationId } = await bootstrap();
    expectProblem(await remove(organizationId), 409, 'not-active');
  });

  test('is started once, cannot be cancelled, and can be repeated when it failed', async () => {
    const { organizationId } = await bootstrap();
    await setStatus(organizationId, 'active');
    const answers = await Promise.all([remove(organizationId), remove(organizationId)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    const { workflowId } = answers.find(({ status }) => status === 202)!.body;

    const cancel = await api.call('POST', `/api/v1/workflows/${workflowId}/cancel`, { as: ADMIN });
    expectProblem(cancel, 409, 'not-a-bootstrap');
    const handle = onboarding.client.workflow.getHandle(workflowId);
    expect((await handle.describe()).status.name).toBe('RUNNING');

    const { body } = await api.call('GET', `/api/v1/workflows/${workflowId}`, { as: ADMIN });
    expect(body).toMatchObject({ status: 'running', currentStage: null, stages: [] });

    await handle.terminate();
    expect((await remove(organizationId)).status).toBe(202);
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });
});
