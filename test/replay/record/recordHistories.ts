/**
 * `npm run histories:record`: makes one run of every kind of ending on the embedded stack and
 * writes its history to test/replay/histories. What is there already is kept, because runs like
 * it may be under way in production; names as arguments record those again.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { loadConfig } from '#config';
import { BEFORE_DNS_VERIFICATION, bundleChangedWorkflows } from '#dev/changedWorkflows.ts';
import { type Stack, startStack } from '#dev/stack.ts';
import {
  type BootstrapState,
  bootstrapWorkflowId,
  type OrganizationBootstrapParams,
  QUERY_GET_STATE,
  WORKFLOW,
} from '#domain/contracts.ts';
import { createLogger } from '#telemetry/logger.ts';
import { connectTemporal } from '#telemetry/temporal.ts';
import { runWorker } from '#worker';
import { isRecorded, recordHistory } from './historyFiles.ts';

const POLL_MS = 50;

interface Kind {
  subdomain?: string;
  /** Called before the start, with the run's name. */
  arrange?: (stack: Stack) => void;
  /** Called while the run is under way. */
  act?: (handle: WorkflowHandle, stack: Stack) => Promise<void>;
  /** Runs on the code from before DNS was verified. */
  before?: boolean;
}

const stateOf = (handle: WorkflowHandle) => handle.query<BootstrapState>(QUERY_GET_STATE);

async function untilWaiting(handle: WorkflowHandle): Promise<void> {
  while (!(await stateOf(handle)).dns.waitingForPerson) await delay(POLL_MS);
}

const faultResolvers = ({ dns }: Stack, fault: 'nxdomain' | 'none') => {
  for (const index of [0, 1]) dns.fault(index, fault);
};

const KINDS: Record<string, Kind> = {
  'before-dns-verification': { subdomain: 'before', before: true },
  completed: { subdomain: 'completed' },
  'without-subdomain': {},
  // Since invitations have runs of their own; 'completed' is from before.
  'invitations-left-to-runs': { subdomain: 'people' },
  failed: {
    subdomain: 'failed',
    arrange: ({ smtp }) => smtp.fail('ada@example.org', { code: 550 }),
  },
  cancelled: {
    subdomain: 'cancelled',
    arrange: (stack) => faultResolvers(stack, 'nxdomain'),
    act: async (handle) => {
      await untilWaiting(handle);
      await handle.cancel();
    },
  },
  'person-skipped-dns': {
    subdomain: 'skipped',
    arrange: (stack) => faultResolvers(stack, 'nxdomain'),
    act: async (handle) => {
      await untilWaiting(handle);
      await handle.signal('skipDnsVerification');
    },
  },
};

function paramsOf(
  name: string,
  { subdomain }: Kind,
  organizationId: string,
): OrganizationBootstrapParams {
  return {
    organizationId,
    orgData: { name: `Organization ${name}`, type: 'provider' },
    ...(subdomain && { subdomain }),
    users: [
      { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron', role: 'provider_admin' },
    ],
    origin: { requestedAt: new Date().toISOString(), source: 'recording' },
    timing: { propagationWaitMs: 100, verificationLimitMs: 300, verificationBackoffMs: [100] },
  };
}

/** A worker on the present code, or on the given bundle, on a task queue of its own. */
function startWorker(stack: Stack, taskQueue: string, bundlePath: string): () => Promise<void> {
  const config = loadConfig('worker', {
    ...stack.env,
    TEMPORAL_TASK_QUEUE: taskQueue,
    WORKER_BUNDLE_PATH: bundlePath,
    HEALTH_CHECK_PORT: '0',
  });
  const stopping = new AbortController();
  const running = runWorker(config, createLogger('worker', 'warn'), stopping.signal);
  return async () => {
    stopping.abort();
    await running;
  };
}

async function record(stack: Stack, name: string, kind: Kind, bundlePath: string): Promise<void> {
  const { client, connection } = connectTemporal(loadConfig('trigger', stack.env));
  const taskQueue = `record-${name}`;
  const stopWorker = startWorker(stack, taskQueue, bundlePath);
  const organizationId = randomUUID();
  kind.arrange?.(stack);
  try {
    const handle = await client.workflow.start(WORKFLOW.organizationBootstrap, {
      taskQueue,
      workflowId: bootstrapWorkflowId(organizationId),
      args: [paramsOf(name, kind, organizationId)],
    });
    await kind.act?.(handle, stack);
    await handle.result().catch(() => {});
    await recordHistory(name, handle);
  } finally {
    stack.smtp.clearFaults();
    faultResolvers(stack, 'none');
    await stopWorker();
    await connection.close();
  }
}

const asked = process.argv.slice(2);
const stack = await startStack();
try {
  const beforePath = path.join(stack.folder, 'before.js');
  await writeFile(beforePath, await bundleChangedWorkflows(BEFORE_DNS_VERIFICATION));
  for (const [name, kind] of Object.entries(KINDS)) {
    if (!asked.includes(name) && (await isRecorded(name))) continue;
    await record(stack, name, kind, kind.before ? beforePath : stack.env.WORKER_BUNDLE_PATH!);
  }
} finally {
  await stack.stop();
}
