/** Workers that are gone, too few, or run the wrong code. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BEFORE_DNS_VERIFICATION,
  bundleChangedWorkflows,
  type Change,
} from '#support/changedWorkflows.ts';
import { type Scenario, scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/** An error of the code, and not a failure of the run. */
const THROWING: Change[] = [
  {
    file: 'organizationBootstrap.ts',
    from: '  const { workflowId, startTime } = workflowInfo();',
    to: "  if (1 + 1 === 2) throw new TypeError('injected');\n  const { workflowId, startTime } = workflowInfo();",
  },
];

/** Deploys workers with other workflow code. */
async function deploy(stage: Stage, changes: Change[]): Promise<void> {
  const file = path.join(stage.stack.folder, 'changed-workflows.js');
  await writeFile(file, await bundleChangedWorkflows(changes));
  await stage.restart('worker', { WORKER_BUNDLE_PATH: file });
}

export const workerScenarios: readonly Scenario[] = [
  {
    fault: 'the worker is killed',
    proves: [{ alert: 'NoPollers' }, { alert: 'TargetDown' }],
    core: true,
    begin: (stage) => stage.kill('worker'),
    end: (stage) => stage.restart('worker'),
  },
  {
    fault: 'two activity slots, Cloudflare slow, fifteen onboardings',
    proves: [
      { alert: 'SlotsExhausted' },
      { alert: 'ScheduleToStartHigh' },
      { alert: 'BacklogAgeHigh' },
    ],
    async begin(stage) {
      await stage.restart('worker', { WORKER_MAX_ACTIVITIES: '2' });
      stage.stack.cloudflare.latencyMs = 4_000;
      await stage.onboard(15);
    },
    async end(stage) {
      stage.stack.cloudflare.latencyMs = 0;
      await stage.restart('worker');
    },
  },
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
      const { dns } = stage.stack;
      for (const index of dns.resolvers.keys()) dns.fault(index, 'nxdomain');
      await stage.onboard(1);
      // Into the lookups, after the marker that the old code does not know.
      await delay(4_000);
      await deploy(stage, BEFORE_DNS_VERIFICATION);
      return async () => {
        for (const index of dns.resolvers.keys()) dns.fault(index, 'none');
        await stage.restart('worker');
      };
    },
  ),
];
