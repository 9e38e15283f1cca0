import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { SCHEDULES } from '#families.ts';
import type { MetricDefinition } from '#kernel/telemetry/metricDefinition.ts';
import { scheduleIdOf } from '#kernel/temporal/schedules.ts';
import { METRICS } from '#metricCatalogue.ts';
import { scrape } from '#support/http/scrape.ts';
import { BOOTSTRAP_PATH, bootstrapRequest, useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

const HEALTH_PORT = 20_000 + Math.floor(Math.random() * 10_000);
const workerUrl = `http://127.0.0.1:${HEALTH_PORT}`;
const BOOTSTRAP = { workflow_type: 'OrganizationBootstrapWorkflow' };

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  HEALTH_INTERVAL_SECONDS: '0.2',
  DEPENDENCY_CHECK_INTERVAL_SECONDS: '0.2',
  BUILD_REVISION: 'abc123',
  SECRETS_ROTATED_AT: 'INVITATION_TOKEN_SECRET=2026-01-01',
});
const workers = useWorkers(onboarding);

beforeAll(async () => {
  await workers.spawn({ HEALTH_CHECK_PORT: String(HEALTH_PORT) });
  for (const outcome of ['good', 'bad'] as const) {
    const body = bootstrapRequest();
    if (outcome === 'bad') onboarding.smtp.fail(body.users[0]!.email, { code: 550 });
    const { organizationId } = (await api.call('POST', BOOTSTRAP_PATH, { body })).body;
    const ended = async () => (await onboarding.readModels.organization(organizationId))?.status;
    await vi.waitFor(async () => expect(['active', 'deactivated']).toContain(await ended()), {
      timeout: 60_000,
      interval: 50,
    });
  }
});

test.each([
  ['api', () => api.url],
  ['worker', () => workerUrl],
] as const)('the %s exports exactly what the catalogue gives it', async (role, url) => {
  const { text } = await scrape(url());
  const exported = new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  for (const [name, { from }] of Object.entries(METRICS) as [string, MetricDefinition][]) {
    expect([name, exported.has(name)]).toEqual([name, from === 'both' || from === role]);
  }
});

test('one scrape after the other gives the same names, in either format', async () => {
  const open = 'application/openmetrics-text; version=1.0.0';
  const [text, openMetrics, again] = [
    await scrape(api.url),
    await scrape(api.url, open),
    await scrape(api.url),
  ];
  expect(text.contentType).toContain('text/plain');
  expect(openMetrics.contentType).toContain('application/openmetrics-text');
  expect(openMetrics.text.endsWith('# EOF\n')).toBe(true);
  expect(openMetrics.text.match(/# EOF/g)).toHaveLength(1);
  expect(again.names()).toEqual(text.names());
  expect(openMetrics.names()).toContain('workflow_started_total');
});

test('workflow outcomes and durations are the database’s', async () => {
  await expect
    .poll(async () => (await scrape(api.url)).value('workflow_failed_total', BOOTSTRAP))
    .toBe(1);
  const { value } = await scrape(api.url);
  expect(value('workflow_started_total', BOOTSTRAP)).toBe(2);
  expect(value('workflow_completed_total', BOOTSTRAP)).toBe(1);
  expect(value('workflow_closed_total', { ...BOOTSTRAP, outcome: 'failed' })).toBe(1);
  expect(value('workflow_closed_total', { ...BOOTSTRAP, outcome: 'terminated' })).toBe(0);
  expect(value('workflow_runs_in_flight', BOOTSTRAP)).toBe(0);
  expect(value('organization_bootstrap_completed_total')).toBe(1);
  expect(value('organization_bootstrap_duration_seconds_count')).toBe(1);
  expect(value('organization_bootstrap_duration_seconds_bucket', { le: '3600' })).toBe(1);
  expect(value('dns_propagation_duration_seconds_count')).toBe(2);
  expect(value('invitations_sent_total')).toBe(1);
});

test('activities are counted by attempt, all of them from zero', async () => {
  const { value } = await scrape(workerUrl);
  expect(value('activity_executed_total', { activity: 'createOrganizationActivity' })).toBe(2);
  expect(value('activity_failed_total', { activity: 'createOrganizationActivity' })).toBe(0);
  expect(value('activity_failed_total', { activity: 'sendInvitationEmailsActivity' })).toBe(1);
  expect(value('activity_failed_total', { activity: 'skipDNSVerificationActivity' })).toBe(0);
  expect(value('mails_total', { kind: 'invitation', outcome: 'sent' })).toBe(1);
  expect(value('mails_total', { kind: 'invitation', outcome: 'failed' })).toBe(1);
  expect(value('dns_verification_lookups_total', { resolver: '1', result: 'found' })).toBe(2);
  const appended = value('events_appended_total', { aggregate_type: 'organization' })!;
  expect(appended).toBeGreaterThan(8);
  expect(value('events_projected_total', { aggregate_type: 'organization' })).toBe(appended);
});

test('calls of providers are counted and timed by endpoint, with what they answered', async () => {
  const { value, text } = await scrape(workerUrl);
  const calls = (provider: string, endpoint: string, outcome = 'ok') =>
    value('provider_requests_total', { provider, endpoint, outcome });
  expect(calls('cloudflare', 'POST /zones/:id/dns_records')).toBe(2);
  expect(calls('cloudflare', 'DELETE /zones/:id/dns_records/:id')).toBe(1);
  expect(calls('cloudflare', 'GET /zones/:id/dns_records')).toBeGreaterThan(2);
  expect(calls('cloudflare', 'GET /zones/:id/dns_records', 'refused')).toBe(0);
  expect(calls('mail', 'send')).toBeGreaterThanOrEqual(1);
  expect(calls('mail', 'send', 'refused')).toBe(1);
  expect(calls('dns', 'CNAME')).toBeGreaterThan(0);
  expect(calls('dns', 'TXT')).toBe(0);
  const timed = { provider: 'cloudflare', endpoint: 'POST /zones/:id/dns_records' };
  expect(value('provider_request_duration_seconds_count', timed)).toBe(2);
  expect(text).not.toMatch(/provider_request\w+{[^}]*(127\.0\.0\.1|example|@)/);
  const keys = { provider: 'supabase_keys', endpoint: 'GET keys', outcome: 'ok' };
  expect((await scrape(api.url)).value('provider_requests_total', keys)).toBeGreaterThan(0);
});

test('the worker shows the SDK core’s metrics under the names that alerts know', async () => {
  const { names, text } = await scrape(workerUrl);
  for (const name of [
    'temporal_workflow_completed_total',
    'temporal_worker_task_slots_available',
    'temporal_num_pollers',
    'temporal_activity_schedule_to_start_latency_seconds_bucket',
    'temporal_sticky_cache_size',
  ]) {
    expect(names()).toContain(name);
  }
  expect(text).not.toMatch(/_milliseconds/);
  expect(text).toMatch(/^temporal_activity_execution_latency_seconds_bucket{.*le="300"}/m);
});

test('HTTP is counted by route template', async () => {
  await api.call('GET', `/api/v1/workflows/org-bootstrap-${randomUUID()}`);
  await api.call('GET', '/nowhere', { headers: { authorization: '' } });
  await api.call('POST', BOOTSTRAP_PATH, { headers: { authorization: '' } });
  await api.call('POST', BOOTSTRAP_PATH, { headers: { authorization: 'Bearer nonsense' } });
  const { value, text } = await scrape(api.url);
  expect(
    value('http_requests_total', { method: 'POST', route: BOOTSTRAP_PATH, status: '202' }),
  ).toBe(2);
  const template = '/api/v1/workflows/:workflowId';
  expect(value('http_requests_total', { method: 'GET', route: template, status: '404' })).toBe(1);
  expect(value('http_requests_total', { method: 'GET', route: 'unmatched', status: '404' })).toBe(
    1,
  );
  expect(
    value('http_request_duration_seconds_bucket', { route: BOOTSTRAP_PATH, le: '0.15' }),
  ).toBeDefined();
  expect(value('http_rejected_tokens_total', { reason: 'missing' })).toBe(1);
  expect(value('http_rejected_tokens_total', { reason: 'invalid' })).toBe(1);
  expect(value('http_rejected_tokens_total', { reason: 'blocked' })).toBe(0);
  expect(text).not.toMatch(/org-bootstrap-[0-9a-f]/);
});

test('Temporal is asked for backlog and pollers, the process for itself', async () => {
  const { value } = await scrape(api.url);
  const queue = { task_queue: onboarding.taskQueue, task_type: 'workflow' };
  expect(value('temporal_backlog_count', queue)).toBe(0);
  expect(value('temporal_pollers', queue)).toBeGreaterThan(0);
  const users = { task_queue: `users-${onboarding.taskQueue}`, task_type: 'workflow' };
  expect(value('temporal_pollers', users)).toBeGreaterThan(0);
  expect(value('temporal_reported_problems')).toBe(0);
  expect(value('a4c_build_info', { revision: 'abc123' })).toBe(1);
  expect(value('secret_age_seconds', { secret: 'INVITATION_TOKEN_SECRET' })).toBeGreaterThan(0);
  expect(value('pg_pool_size')).toBe(10);
  expect(value('nodejs_eventloop_lag_seconds')).toBeDefined();
});

test('schedules are asked for by name: paused, gone, and when they last did something', async () => {
  const [{ definition, taskQueue } = { definition: undefined, taskQueue: '' }] = SCHEDULES.map(
    (one) => ({ definition: one, taskQueue: `${one.queue}-${onboarding.taskQueue}` }),
  );
  const labels = { schedule: definition!.id };
  const valueOfSchedule = async (name: string) => (await scrape(api.url)).value(name, labels);
  await expect.poll(() => valueOfSchedule('schedule_paused')).toBe(0);
  expect(await valueOfSchedule('schedule_missing')).toBe(0);
  const made = (await valueOfSchedule('schedule_last_action_timestamp_seconds'))!;
  expect(made).toBeGreaterThan(1e9);
  const schedule = onboarding.client.schedule.getHandle(scheduleIdOf(definition!, taskQueue));
  await schedule.trigger();
  await expect
    .poll(() => valueOfSchedule('schedule_last_action_timestamp_seconds'))
    .toBeGreaterThan(made);
  await schedule.pause();
  await expect.poll(() => valueOfSchedule('schedule_paused')).toBe(1);
  await schedule.delete();
  await expect.poll(() => valueOfSchedule('schedule_missing')).toBe(1);
});

test('leases tell until when they are held, and workers without versions are current', async () => {
  const lease = async (name: string) =>
    (await scrape(api.url)).value('lease_expires_in_seconds', { lease: name });
  expect(await lease('reconciler')).toBeLessThan(15);
  const hold = `UPDATE leases SET expires_at = clock_timestamp() + interval '1 hour' WHERE name = 'reconciler'`;
  await onboarding.owner.query(hold);
  expect(await lease('reconciler')).toBeGreaterThan(3_000);
  expect(await lease('schedules')).toBeLessThan(0);
  const queue = { task_queue: onboarding.taskQueue };
  await expect
    .poll(async () => (await scrape(api.url)).value('worker_version_current', queue))
    .toBe(1);
});

test('the age of the oldest run that waits for a person is 0 without one', async () => {
  const age = async () =>
    (await scrape(api.url)).value('dns_waiting_for_person_oldest_seconds', {});
  expect(await age()).toBe(0);
  await onboarding.owner.query(
    `INSERT INTO organizations_projection
       (org_id, name, slug, type, status, subdomain_status, workflow_id, created_at, updated_at, version)
     SELECT gen_random_uuid(), 'W', 'w' || n, 'provider', 'provisioning', 'verifying', 'w-' || n, now(),
       now() - n * interval '1 hour', 1 FROM generate_series(12, 14) n`,
  );
  expect(await age()).toBeGreaterThan(14 * 3600 - 60);
  await onboarding.owner.query(`DELETE FROM organizations_projection WHERE name = 'W'`);
  expect(await age()).toBe(0);
});

describe('health checks', () => {
  test('show value, severity, duration and freshness of each file', async () => {
    await expect
      .poll(async () =>
        (await scrape(api.url)).value('a4c_health_check_severity', { check: 'projection_drift' }),
      )
      .toBe(0);
    const { value } = await scrape(api.url);
    for (const check of ['unprocessed_events', 'oldest_transaction', 'index_bloat']) {
      expect(value('a4c_health_check_value', { check })).toBeDefined();
      expect(value('a4c_health_check_duration_seconds', { check })).toBeGreaterThan(0);
      expect(value('a4c_health_check_last_success_timestamp_seconds', { check })).toBeGreaterThan(
        1e9,
      );
    }
    expect(value('events_unprocessed')).toBe(0);
    expect(value('event_streams_blocked')).toBe(0);
  });
});
