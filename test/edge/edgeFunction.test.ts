/** The Edge Function under Deno, before a real API: what it lets through. Refusals: edgeRefusals. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BOOTSTRAP_PATH, bootstrapRequest } from '#support/stack/api.ts';
import { type EdgeAnswer, ORIGIN, useEdgeScene } from '#support/stack/edgeScene.ts';

const scene = useEdgeScene();

const statusOf = async (organizationId: string) =>
  (await scene.onboarding.readModels.organization(organizationId))?.status;

const correlationIdsOf = async (workflowId: string) => {
  const events = await scene.onboarding.queries.getEventsForWorkflow(workflowId);
  return [...new Set(events.map(({ eventMetadata }) => eventMetadata.correlation_id))];
};

describe('a request with a good token', () => {
  test('onboards an organization under the correlation id that it came with', async () => {
    const correlationId = `edge-${randomUUID()}`;
    const { status, headers, body } = await scene.call({ 'x-correlation-id': correlationId });
    expect({ status, body }).toMatchObject({ status: 202, body: { correlationId } });
    expect(headers.get('x-correlation-id')).toBe(correlationId);
    await expect.poll(() => statusOf(body.organizationId)).toBe('active');
    expect(await correlationIdsOf(body.workflowId)).toEqual([correlationId]);
  });

  test('gets a correlation id when it has none that can be used', async () => {
    const { headers, body } = await scene.call({ 'x-correlation-id': 'two words' });
    expect(body.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-correlation-id')).toBe(body.correlationId);
    expect(await correlationIdsOf(body.workflowId)).toEqual([body.correlationId]);
  });

  test('repeated with its Idempotency-Key gets the first answer', async () => {
    const request = bootstrapRequest();
    const headers = { 'idempotency-key': randomUUID(), authorization: await scene.bearer() };
    const [first, second] = [
      await scene.call(headers, request),
      await scene.call(headers, request),
    ];
    expect(first.status).toBe(202);
    expect(second.body).toEqual(first.body);
    const third = await scene.call(headers, bootstrapRequest());
    expect(third.body.type).toBe('urn:a4c:problem:idempotency-key-reused');
  });

  test('hands on its trace, and nothing that is not meant for the API', async () => {
    const traceparent = `00-${randomUUID().replaceAll('-', '')}-00f067aa0ba902b7-01`;
    await scene.call({ traceparent, cookie: 'session=1', 'x-forwarded-for': '192.0.2.7' });
    const passed = scene.gateway.requests.at(-1);
    expect(passed).toMatchObject({ traceparent });
    expect(passed).not.toHaveProperty('cookie');
    expect(passed).not.toHaveProperty('x-forwarded-for');
  });

  const SAME = { 'x-correlation-id': 'same' };
  const stranger = () => scene.bearer(scene.claims({ effective_permissions: [] }));
  test.each<[string, number, (url: string) => Promise<EdgeAnswer>]>([
    ['invalid', 400, (url) => scene.call(SAME, { orgData: {} }, url)],
    ['no JSON', 400, (url) => scene.call(SAME, '{', url)],
    [
      'not allowed',
      403,
      async (url) => scene.call({ ...SAME, authorization: await stranger() }, undefined, url),
    ],
  ])('that the API finds %s gets its problem unchanged', async (_why, status, attempt) => {
    const through = await attempt(scene.edge.url);
    const direct = await attempt(scene.api.url + BOOTSTRAP_PATH);
    expect(through.status).toBe(status);
    expect(through.body).toEqual(direct.body);
    expect(through.headers.get('content-type')).toBe(direct.headers.get('content-type'));
  });
});

describe('a browser', () => {
  const preflight = (origin: string) =>
    fetch(scene.edge.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  test('of a listed origin may call', async () => {
    const { status, headers } = await preflight(ORIGIN);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-methods')).toBe('POST');
    expect(headers.get('access-control-allow-headers')?.split(',')).toEqual(
      expect.arrayContaining(['authorization', 'idempotency-key', 'x-correlation-id']),
    );
    const refused = await scene.call({ origin: ORIGIN, authorization: '' });
    expect(refused.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(refused.headers.get('access-control-expose-headers')).toContain('x-correlation-id');
  });

  test('of any other may not', async () => {
    const { headers } = await preflight('https://elsewhere.example');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toBe('Origin');
  });
});

test('every request leaves one line, with its ids and nothing of its content', async () => {
  const request = bootstrapRequest();
  const authorization = await scene.bearer();
  const before = scene.edge.lines().length;
  await scene.call({ 'x-correlation-id': 'logged', authorization }, request);
  await scene.call(
    { 'x-correlation-id': 'logged', authorization: 'Bearer no.token.this' },
    request,
  );
  await expect.poll(() => scene.edge.lines().length).toBe(before + 2);
  const lines = scene.edge.lines().slice(before);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ correlation_id: 'logged', method: 'POST', status: 202 }),
    expect.objectContaining({ correlation_id: 'logged', status: 401, problem: 'unauthorized' }),
  ]);
  for (const secret of [authorization.split('.')[2]!, request.users[0]!.email, 'no.token.this']) {
    expect(lines.join('\n')).not.toContain(secret);
  }
});
