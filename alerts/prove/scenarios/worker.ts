/** Faults of workers: missing, too few, or with the wrong code. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BEFORE_DNS_VERIFICATION,
  bundleChangedWorkflows,
  type Change,
} from '#dev/embedded/changedWorkflows.ts';
import { SCHEDULES_PAUSED, WORKER_KILLED } from '../faults/temporal.ts';
import { startRefusingProxy } from '../refusingProxy.ts';
import { of, type Scenario, scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** The SDK derives the size of its cache from the heap limit; the minimum is ten runs. */
const LITTLE_MEMORY = { NODE_OPTIONS: '--max-old-space-size=200 --max-semi-space-size=1' };

/** A TypeError, which fails the workflow task and not the run. */
const THROWING: Change[] = [
  {
    file: 'onboarding/workflow.ts',
    from: '  const { workflowId, startTime } = workflowInfo();',
    to: "  if (1 + 1 === 2) throw new TypeError('injected');\n  const { workflowId, startTime } = workflowInfo();",
  },
];

/** Starts workers with modified workflow code. */
async function deploy(stage: Stage, changes: Change[]): Promise<void> {
  const file = path.join(stage.stack.folder, 'changed-workflows.js');
  await writeFile(file, await bundleChangedWorkflows(changes));
  await stage.restart('worker', { WORKER_BUNDLE_PATH: file });
}

export const workerScenarios: readonly Scenario[] = [
  of(WORKER_KILLED, {
    proves: [{ alert: 'NoPollers' }, { alert: 'TargetDown', labels: { severity: 'critical' } }],
    core: true,
    reach: '5m',
  }),
  of(SCHEDULES_PAUSED, { proves: [{ alert: 'ScheduleNotRunning' }], reach: '1h' }),
  {
    fault: 'two activity slots, Cloudflare slow, 25 onboardings',
    proves: [
      { alert: 'SlotsExhausted' },
      { alert: 'ScheduleToStartHigh' },
      { alert: 'BacklogAgeHigh' },
    ],
    async begin(stage) {
      await stage.restart('worker', { WORKER_MAX_ACTIVITIES: '2' });
      stage.stack.cloudflare.latencyMs = 1_200;
      await stage.onboard(25);
    },
    end: async ({ stack }) => {
      stack.cloudflare.latencyMs = 0;
    },
    // Only afterwards: while no worker polls, NoPollers inhibits both alerts, also when they
    // resolve.
    restore: (stage) => stage.restart('worker'),
  },
  scenario(
    {
      fault: 'a worker with little memory, and forty runs that look up their DNS',
      proves: [{ alert: 'StickyCacheThrash' }],
    },
    async (stage) => {
      await stage.breakable.resolvers('nxdomain');
      await stage.restart('worker', LITTLE_MEMORY);
      const runs = await stage.onboard(40);
      return async () => {
        for (const { workflowId } of runs) {
          await stage.api.post(`/api/v1/workflows/${workflowId}/cancel`, {});
        }
        await stage.breakable.resolvers('none');
        await stage.restart('worker');
      };
    },
  ),
  scenario(
    { fault: 'Temporal answers RESOURCE_EXHAUSTED', proves: [{ alert: 'RpcResourceExhausted' }] },
    async (stage) => {
      const proxy = await startRefusingProxy(stage.stack.temporal.address);
      await stage.restart('worker', { TEMPORAL_ADDRESS: proxy.address });
      proxy.refusing = true;
      return async () => {
        proxy.refusing = false;
        await stage.restart('worker');
        await proxy.stop();
      };
    },
  ),
  {
    fault: 'workflow code that throws',
    proves: [{ alert: 'WorkflowTaskFailing' }, { alert: 'WorkflowStuck' }],
    limitSeconds: 420,
    async begin(stage) {
      await deploy(stage, THROWING);
      await stage.onboard(4);
    },
    end: (stage) => stage.restart('worker'),
  },
  scenario(
    {
      fault: 'a deployment drops a step from under a run',
      proves: [{ alert: 'NonDeterminism' }],
      limitSeconds: 180,
    },
    async (stage) => {
      await stage.breakable.resolvers('nxdomain');
      await stage.onboard(1);
      // Wait until the run is in its DNS lookups, after the patch marker that the old code does not
      // know.
      await delay(4_000);
      await deploy(stage, BEFORE_DNS_VERIFICATION);
      return async () => {
        await stage.breakable.resolvers('none');
        await stage.restart('worker');
      };
    },
  ),
];
