import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { expectProblem } from '#support/http/problems.ts';
import { ADMIN, BOOTSTRAP_PATH, bootstrapRequest, startApi, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';

// No worker: what is started stays where it is.
const onboarding = useOnboarding();
const api = useApi(onboarding, {
  CORS_ORIGINS: 'https://app.example.com',
  BODY_LIMIT_KB: '64',
});

const post = (body: unknown, options = {}) =>
  api.call('POST', BOOTSTRAP_PATH, { body, ...options });

describe('POST organization-bootstrap', () => {
  test('writes the event, starts the run, and answers 202 with the ids', async () => {
    const request = bootstrapRequest();
    const headers = { 'x-correlation-id': 'from-the-browser-1' };
    const { status, body, headers: answered } = await post(request, { headers });
    expect(status).toBe(202);
    expect(body).toEqual({
      workflowId: `org-bootstrap-${body.organizationId}`,
      organizationId: body.organizationId,
      correlationId: 'from-the-browser-1',
      status: 'started',
    });
    expect(answered.get('x-correlation-id')).toBe('from-the-browser-1');

    const [event, ...others] = await onboarding.queries.getEventsForWorkflow(body.workflowId);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      eventType: 'organization.bootstrap.initiated',
      eventMetadata: { correlation_id: 'from-the-browser-1', source: 'api', tags: ['development'] },
      eventData: { slug: request.subdomain, params: { users: request.users } },
    });
    expect(event?.processedAt).not.toBeNull();
    expect(await onboarding.readModels.organization(body.organizationId)).toMatchObject({
      status: 'pending',
      slug: request.subdomain,
    });

    const run = await onboarding.client.workflow.getHandle(body.workflowId).describe();
    expect(run.type).toBe('OrganizationBootstrapWorkflow');
    expect(run.memo).toEqual({ org_id: body.organizationId, correlation_id: 'from-the-browser-1' });
    const attributes = Object.fromEntries(
      run.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      org_id: body.organizationId,
      correlation_id: 'from-the-browser-1',
      current_step: 'create_organization',
      user_id: event?.eventMetadata.user_id,
    });
  });

  test('the older route leads to the same, with its own permission', async () => {
    const path = '/api/admin/organizations/bootstrap';
    const body = bootstrapRequest();
    expectProblem(await api.call('POST', path, { body }), 403, 'forbidden');
    const as = { permissions: [{ p: 'organization.bootstrap', s: '' }] };
    expect((await api.call('POST', path, { body, as })).status).toBe(202);
  });

  test('fifty at once with one key: one workflow, one event, identical bodies', async () => {
    const request = bootstrapRequest();
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(request, { headers })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const { workflowId } = answers[0]!.body;
    expect(await onboarding.queries.getEventsForWorkflow(workflowId)).toHaveLength(1);
  });

  test('a key that came with another request is refused', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    await post(bootstrapRequest(), { headers });
    expectProblem(await post(bootstrapRequest(), { headers }), 422, 'idempotency-key-reused');
  });

  test('keys of two callers never meet', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await post(bootstrapRequest(), { headers, as: { sub: randomUUID() } });
    const second = await post(bootstrapRequest(), { headers, as: { sub: randomUUID() } });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.workflowId).not.toBe(first.body.workflowId);
  });

  test('a taken slug is 409 and leaves nothing; of two at once one wins', async () => {
    const request = bootstrapRequest();
    const before = await onboarding.countEvents();
    const answers = await Promise.all([post(request), post(request)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    expectProblem(await post(request), 409, 'slug-taken');
    expect(await onboarding.countEvents()).toBe(before + 1);
  });

  test('stores hostile strings verbatim', async () => {
    const name = `Robert'); DROP TABLE domain_events; --`;
    const { status, body } = await post({
      ...bootstrapRequest(),
      orgData: { name, type: 'provider' },
    });
    expect(status).toBe(202);
    expect(await onboarding.readModels.organization(body.organizationId)).toMatchObject({ name });
  });

  test.each([
    ['an unknown field', { ...bootstrapRequest(), admin: true }, ''],
    ['a reserved subdomain', bootstrapRequest('admin'), 'subdomain'],
    ['a subdomain that is no label', bootstrapRequest('-x-'), 'subdomain'],
    ['no users', { ...bootstrapRequest(), users: [] }, 'users'],
    [
      'an address twice',
      {
        ...bootstrapRequest(),
        users: [1, 2].map((n) => ({
          ...bootstrapRequest('t').users[0],
          email: n === 1 ? 'a@b.example' : 'A@B.example',
        })),
      },
      'users',
    ],
    [
      'a name without letters and no subdomain',
      { ...bootstrapRequest(), subdomain: undefined, orgData: { name: '***', type: 'provider' } },
      'orgData.name',
    ],
    [
      'a line break in a name',
      { ...bootstrapRequest(), orgData: { name: 'a\nb', type: 'provider' } },
      'orgData.name',
    ],
    [
      'a NUL in a name',
      { ...bootstrapRequest(), orgData: { name: 'a\u0000b', type: 'provider' } },
      'orgData.name',
    ],
    [
      'half a surrogate pair',
      { ...bootstrapRequest(), orgData: { name: 'a\ud800', type: 'provider' } },
      'orgData.name',
    ],
    ['null', null, undefined],
    ['not JSON', '{', undefined],
    ['deep nesting', '['.repeat(30_000) + ']'.repeat(30_000), undefined],
  ])('%s is 400 and leaves no event', async (_name, body, path) => {
    const before = await onboarding.countEvents();
    const response = await post(body);
    expectProblem(response, 400, 'invalid-request');
    if (path !== undefined) expect(response.body.errors[0].path).toBe(path);
    expect(await onboarding.countEvents()).toBe(before);
  });

  test('a body that is too large is 413, one that is no JSON 415', async () => {
    expectProblem(await post(JSON.stringify({ x: 'x'.repeat(70_000) })), 413, 'body-too-large');
    const headers = { 'content-type': 'text/plain' };
    expectProblem(await post('hello', { headers }), 415, 'unsupported-media-type');
  });

  test('a parent that is not there is 422', async () => {
    const request = bootstrapRequest();
    const orgData = { ...request.orgData, parentOrgId: randomUUID() };
    const response = await post({ ...request, orgData });
    expectProblem(response, 422, 'unknown-reference');
    expect(response.body.errors[0].path).toBe('orgData.parentOrgId');
  });

  test('a name of any script is taken where there is a subdomain', async () => {
    const orgData = { name: '阳光诊所', type: 'provider' };
    expect((await post({ ...bootstrapRequest(), orgData })).status).toBe(202);
  });

  test.each(['x'.repeat(300), '', '   '])('a malformed key is 400: %j', async (key) => {
    const headers = { 'idempotency-key': key };
    expectProblem(await post(bootstrapRequest(), { headers }), 400, 'invalid-request');
  });
});

describe('who may what', () => {
  test('nobody without a token', async () => {
    const headers = { authorization: '' };
    const response = await post(bootstrapRequest(), { headers });
    expectProblem(response, 401, 'unauthorized');
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  });

  test('without the permission 403, with blocked access 403, as platform admin everything', async () => {
    const body = bootstrapRequest();
    expectProblem(await post(body, { as: { permissions: [] } }), 403, 'forbidden');
    expectProblem(
      await post(body, { as: { extra: { access_blocked: true } } }),
      403,
      'access-blocked',
    );
    expect((await post(body, { as: ADMIN })).status).toBe(202);
  });

  test('tenants do not see each other: 404, not 403', async () => {
    const { body } = await post(bootstrapRequest(), { as: { sub: randomUUID() } });
    const { organizationId, workflowId } = body;
    const paths: [string, string][] = [
      ['GET', `/api/v1/organizations/${organizationId}`],
      ['GET', `/api/v1/organizations/${organizationId}/lineage`],
      ['DELETE', `/api/v1/organizations/${organizationId}`],
      ['GET', `/api/v1/workflows/${workflowId}`],
      ['GET', `/api/v1/workflows/${workflowId}/events`],
      ['POST', `/api/v1/workflows/${workflowId}/cancel`],
      ['POST', `/api/v1/workflows/${workflowId}/signals/abort`],
    ];
    const stranger = { sub: randomUUID(), orgId: randomUUID() };
    const insider = { sub: randomUUID(), orgId: organizationId };
    for (const [method, path] of paths) {
      expectProblem(await api.call(method, path, { as: stranger }), 404, 'not-found');
      if (method === 'GET')
        expect((await api.call(method, path, { as: insider })).status).toBe(200);
    }
  });
});

describe('every answer', () => {
  test('has a correlation id: the caller’s when well-formed, else a new one', async () => {
    const own = await api.call('GET', '/health', { headers: { 'x-correlation-id': 'abc-1' } });
    expect(own.headers.get('x-correlation-id')).toBe('abc-1');
    const bad = await api.call('GET', '/health', {
      headers: { 'x-correlation-id': 'a b<script>' },
    });
    expect(bad.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('unknown routes are 404, unknown methods 405, each a problem', async () => {
    expectProblem(await api.call('GET', '/nowhere'), 404, 'not-found');
    expectProblem(await api.call('GET', '/api/v1/organizations/not-a-uuid'), 404, 'not-found');
    const put = await api.call('PUT', BOOTSTRAP_PATH);
    expectProblem(put, 405, 'method-not-allowed');
    expect(put.headers.get('allow')?.split(', ')).toContain('POST');
  });

  test('cross-origin only for listed origins', async () => {
    const allowed = await api.call('GET', '/health', {
      headers: { origin: 'https://app.example.com' },
    });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    const other = await api.call('GET', '/health', { headers: { origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('every operation of the document stands in the section of its family', async () => {
    const { body } = await api.call('GET', '/openapi.json', { headers: { authorization: '' } });
    const sections = body.tags.map(({ name }: { name: string }) => name);
    const operations = Object.values<Record<string, { tags?: string[] }>>(body.paths).flatMap(
      (item) => Object.values(item),
    );
    for (const { tags } of operations) expect(sections).toEqual(expect.arrayContaining(tags!));
    expect(new Set(operations.flatMap(({ tags }) => tags))).toEqual(new Set(sections));
  });

  test('probes, document and docs page are open', async () => {
    const headers = { authorization: '' };
    expect((await api.call('GET', '/health', { headers })).body).toEqual({ status: 'ok' });
    expect((await api.call('GET', '/ready', { headers })).body).toEqual({
      ready: true,
      checks: { postgres: 'ok', temporal: 'ok', temporal_setup: 'ok' },
    });
    const { body } = await api.call('GET', '/openapi.json', { headers });
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain(BOOTSTRAP_PATH);
    const page = await api.call('GET', '/docs', { headers });
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    expect(page.text).not.toMatch(/<script>|<script[^>]+src="http/);
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    expect(files).toContain('/docs/swagger-ui-bundle.js');
    for (const file of files) {
      expect((await api.call('GET', file, { headers })).status, file).toBe(200);
    }
  });
});

test('ENABLE_ORG_BOOTSTRAP=false answers 503 with the reason, and reads go on', async () => {
  const off = await startApi(onboarding, { ENABLE_ORG_BOOTSTRAP: 'false' });
  try {
    const response = await off.call('POST', BOOTSTRAP_PATH, { body: bootstrapRequest() });
    expectProblem(response, 503, 'bootstrap-disabled');
    expect(response.body.detail).toContain('ENABLE_ORG_BOOTSTRAP');
    expect((await off.call('GET', '/ready')).status).toBe(200);
  } finally {
    await off.stop();
  }
});
