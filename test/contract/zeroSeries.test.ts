/** Series of closed label sets begin at zero, before anything has happened. */
import { beforeAll, expect, test } from 'vitest';
import { freePort } from '#dev/embedded/freePort.ts';
import { AGGREGATES, WORKFLOWS } from '#families.ts';
import { PROVIDER_ENDPOINTS } from '#kernel/outbound/calls.ts';
import { QUEUE_NAMES } from '#kernel/queues.ts';
import { LABEL_VALUES } from '#metricCatalogue.ts';
import { type Scrape, scrape } from '#support/http/scrape.ts';
import { STEP_TABLES } from '#support/repository/contracts.ts';
import { useApi } from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

const onboarding = useOnboarding();
const api = useApi(onboarding);
const workers = useWorkers(onboarding);
let ofApi: Scrape;
let ofWorker: Scrape;

beforeAll(async () => {
  const healthPort = String(await freePort());
  await workers.spawn({ HEALTH_CHECK_PORT: healthPort });
  ofApi = await scrape(api.url);
  ofWorker = await scrape(`http://127.0.0.1:${healthPort}`);
});

test.each(AGGREGATES)('events of the aggregate %s, in API and worker', (aggregate_type) => {
  for (const { value } of [ofApi, ofWorker]) {
    for (const outcome of ['appended', 'projected', 'failed']) {
      expect(value(`events_${outcome}_total`, { aggregate_type }), outcome).toBe(0);
    }
    expect(value('event_append_duration_seconds_count', { aggregate_type })).toBe(0);
  }
});

test.each(WORKFLOWS)(
  'runs of $type, on its queue',
  ({ type: workflow_type, queue: task_queue }) => {
    const labels = { workflow_type, task_queue };
    for (const name of ['started', 'completed', 'failed']) {
      expect(ofApi.value(`workflow_${name}_total`, labels), name).toBe(0);
    }
    for (const outcome of LABEL_VALUES.workflow_outcome) {
      expect(ofApi.value('workflow_closed_total', { ...labels, outcome }), outcome).toBe(0);
      const duration = ofApi.value('workflow_duration_seconds_count', { workflow_type, outcome });
      expect(duration, outcome).toBe(0);
    }
    expect(ofApi.value('workflow_runs_in_flight', { workflow_type })).toBe(0);
  },
);

test.each(QUEUE_NAMES)('the queue %s has runs of some workflow', (task_queue) => {
  expect(ofApi.value('workflow_started_total', { task_queue })).toBe(0);
});

test.each(LABEL_VALUES.mail_kind)('mails of the kind %s', (kind) => {
  for (const outcome of LABEL_VALUES.mail_outcome) {
    expect(ofWorker.value('mails_total', { kind, outcome }), outcome).toBe(0);
  }
});

test.each(
  Object.entries(PROVIDER_ENDPOINTS).flatMap(([provider, endpoints]) =>
    endpoints.map((endpoint) => ({ provider, endpoint })),
  ),
)('calls of $provider: $endpoint', (labels) => {
  const { value } = labels.provider === 'supabase_keys' ? ofApi : ofWorker;
  expect(value('provider_request_duration_seconds_count', labels)).toBeDefined();
  for (const outcome of LABEL_VALUES.call_outcome) {
    expect(value('provider_requests_total', { ...labels, outcome }), outcome).toBeDefined();
  }
});

test.each(STEP_TABLES)('attempts at the activities that %s names', (_name, steps) => {
  const activities = steps.flatMap(({ activity, undoneBy }) => [activity ?? [], undoneBy ?? []]);
  for (const activity of activities.flat()) {
    expect(ofWorker.value('activity_executed_total', { activity }), activity).toBe(0);
  }
});
