import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test, vi } from 'vitest';
import { bootstrapWorkflowId, ORGANIZATION_BOOTSTRAP } from '#onboarding/contract.ts';
import { scrape } from '#support/http/scrape.ts';
import { useApi } from '#support/stack/api.ts';
import {
  FAST,
  type StartedRun,
  sampleUsers,
  startBootstrap,
  useOnboarding,
} from '#support/stack/onboarding.ts';
import { useWorkers } from '#support/stack/worker.ts';

/**
 * A load in which the worker is killed twice, one run is terminated, one times out, some fail
 * and one is cancelled: what the counters say at the end is what Temporal and the events say.
 */
const RUNS = 30;
const STATUS = {
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  timed_out: 'TimedOut',
} as const;

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  RECONCILE_INTERVAL_SECONDS: '0.3',
  RECONCILE_AFTER_SECONDS: '0',
});
const workers = useWorkers(onboarding);
const runs: StartedRun[] = [];

async function startLoad(): Promise<void> {
  for (let index = 0; index < RUNS; index++) {
    const slug = `load-${index}`;
    if (index % 6 === 0)
      for (const { email } of sampleUsers(slug)) onboarding.smtp.fail(email, { code: 550 });
    runs.push(await startBootstrap(onboarding, { slug, timing: { propagationWaitMs: 1_000 } }));
  }
}

/** Three runs that wait for long, to be ended from outside; and one that times out by itself. */
async function startDoomed() {
  const timing = { propagationWaitMs: 1_500_000 };
  const terminated = await startBootstrap(onboarding, { slug: 'terminated', timing });
  const cancelled = await startBootstrap(onboarding, { slug: 'cancelled', timing });
  const orgId = randomUUID();
  await onboarding.client.workflow.start(ORGANIZATION_BOOTSTRAP, {
    taskQueue: onboarding.taskQueue,
    workflowId: bootstrapWorkflowId(orgId),
    workflowExecutionTimeout: '4s',
    args: [
      {
        organizationId: orgId,
        orgData: { name: 'Timed out', type: 'provider' },
        subdomain: 'timed-out',
        users: sampleUsers('timed-out'),
        timing: { ...FAST, ...timing },
      },
    ],
  });
  return { terminated, cancelled };
}

async function killAndReplace(): Promise<void> {
  await workers.kill();
  await workers.spawn();
}

const countOf = (status: string) =>
  onboarding.client.workflow
    .count(`TaskQueue = '${onboarding.taskQueue}' AND ExecutionStatus = '${status}'`)
    .then(({ count }) => count);

beforeAll(async () => {
  await workers.spawn();
  const { terminated, cancelled } = await startDoomed();
  await startLoad();
  await killAndReplace();
  await vi.waitFor(
    async () => expect((await terminated.state()).step).toBe('wait_for_propagation'),
    { timeout: 60_000, interval: 100 },
  );
  await terminated.handle.terminate('test');
  await cancelled.handle.cancel();
  await killAndReplace();
  await Promise.allSettled(runs.map(({ handle }) => handle.result()));
}, 240_000);

test('counters, visibility and events agree to the last run', async () => {
  const total = RUNS + 3;
  const type = { workflow_type: ORGANIZATION_BOOTSTRAP };
  const counters = async () => {
    const { value } = await scrape(api.url);
    const outcomes = Object.keys(STATUS).map((outcome) => [
      outcome,
      value('workflow_closed_total', { ...type, outcome }),
    ]);
    return { started: value('workflow_started_total', type), ...Object.fromEntries(outcomes) };
  };
  const visibility = async () => {
    const outcomes = await Promise.all(
      Object.entries(STATUS).map(async ([outcome, status]) => [outcome, await countOf(status)]),
    );
    const { count } = await onboarding.client.workflow.count(
      `TaskQueue = '${onboarding.taskQueue}'`,
    );
    return { started: count, ...Object.fromEntries(outcomes) };
  };
  const expected = {
    started: total,
    completed: 25,
    failed: 5,
    cancelled: 1,
    terminated: 1,
    timed_out: 1,
  };
  await expect.poll(visibility).toEqual(expected);
  await expect.poll(counters).toEqual(expected);

  const { rows } = await onboarding.owner.query(
    `SELECT coalesce(event_data ->> 'outcome', split_part(event_type, '.', 3)) AS outcome, count(*)::int
     FROM domain_events WHERE event_type ~ 'bootstrap\\.(completed|failed|cancelled)$' GROUP BY 1`,
  );
  const events = Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
  expect({ started: total, ...events }).toEqual(expected);
});

test('one more loss would be seen: a counter that misses a run no longer agrees', async () => {
  await onboarding.owner.query(`DELETE FROM workflow_runs_projection WHERE workflow_id = $1`, [
    runs[1]!.workflowId,
  ]);
  const { value } = await scrape(api.url);
  expect(value('workflow_closed_total', { outcome: 'completed' })).toBe(24);
});
