/** Recordings of bootstraps: one of every kind of ending. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { BEFORE_DNS_VERIFICATION, type Change } from '#dev/embedded/changedWorkflows.ts';
import type { Stack } from '#dev/embedded/stack.ts';
import { createEventStore } from '#kernel/eventStore/eventStore.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import type { BootstrapTiming } from '#onboarding/contract/timing.ts';
import {
  type BootstrapState,
  bootstrapWorkflowId,
  ORGANIZATION_BOOTSTRAP,
  type OrganizationBootstrapParams,
} from '#onboarding/contract.ts';
import { newEvent } from '#support/history/events.ts';
import { reset, resetPoints } from '#support/runs/resets.ts';
import type { Bench, Recording } from './recording.ts';

const POLL_MS = 50;

interface Kind {
  subdomain?: string;
  timing?: Partial<BootstrapTiming>;
  /** Called before the start, with the run's name. */
  arrange?: (stack: Stack) => void;
  /** Called while the run is under way. */
  act?: (handle: WorkflowHandle, bench: Bench, organizationId: string) => Promise<void>;
  /** Made to the workflow code that it runs on. */
  changes?: Change[];
  /** The history is that of a reset to the first task, after the end. */
  isReset?: boolean;
  /** Started as with the Temporal CLI: under an id of one's own, without an organization id. */
  byHand?: boolean;
}

const stateOf = (handle: WorkflowHandle) => handle.query<BootstrapState>(QUERY_GET_STATE);

async function untilWaiting(handle: WorkflowHandle): Promise<void> {
  while (!(await stateOf(handle)).dns.waitingForPerson) await delay(POLL_MS);
}

const hideRecords = ({ dns }: Stack) => {
  for (const index of [0, 1]) dns.fault(index, 'nxdomain');
};

/**
 * The deletion's first event, and the refusal that follows: its cancellation comes after that, or
 * never, when the deletion was ended.
 */
async function untilRefused(handle: WorkflowHandle, { pool }: Bench, orgId: string): Promise<void> {
  while ((await stateOf(handle)).dns.attempts === 0) await delay(POLL_MS);
  const event = newEvent('organization.deletion.initiated', orgId, { reason: 'recording' });
  await createEventStore(pool).append(event);
  while ((await stateOf(handle)).errors.length === 0) await delay(POLL_MS);
}

/** Lookups go on until one is refused. */
const LOOKING_ON = { verificationLimitMs: 600_000 };

/** The wait is shorter; its commands are the same. */
const SHORT_WAIT: Change[] = [
  {
    file: 'onboarding/workflow/ending.ts',
    from: 'MAX_CANCELLATION_WAIT_MS = 10 * 60_000',
    to: 'MAX_CANCELLATION_WAIT_MS = 100',
  },
];

const KINDS: Record<string, Kind> = {
  'before-dns-verification': { subdomain: 'before', changes: BEFORE_DNS_VERIFICATION },
  completed: { subdomain: 'completed' },
  'without-subdomain': {},
  // Since invitations have runs of their own; 'completed' is from before.
  'invitations-left-to-runs': { subdomain: 'people' },
  // Since the first run's id is the organization's.
  'by-hand': { byHand: true },
  'refused-input': { subdomain: 'www' },
  failed: {
    subdomain: 'failed',
    arrange: ({ smtp }) => smtp.fail('ada@example.org', { code: 550 }),
  },
  cancelled: {
    subdomain: 'cancelled',
    arrange: hideRecords,
    act: async (handle) => {
      await untilWaiting(handle);
      await handle.cancel();
    },
  },
  // Since the activation cannot be cancelled.
  'cancelled-while-it-activates': {
    subdomain: 'late',
    act: async (handle) => {
      while ((await stateOf(handle)).step !== 'activate_organization') await delay(1);
      await handle.cancel();
    },
  },
  // Since the store decides what is undone; 'cancelled' is from before.
  'undone-by-the-store': {
    subdomain: 'undone',
    arrange: ({ smtp }) => smtp.fail('ada@example.org', { code: 550 }),
  },
  // Since a bootstrap waits for the cancellation by its deletion.
  'cancelled-by-deletion': {
    subdomain: 'deleted',
    timing: LOOKING_ON,
    arrange: hideRecords,
    act: async (handle, bench, organizationId) => {
      await untilRefused(handle, bench, organizationId);
      await handle.cancel();
    },
  },
  'not-cancelled-by-deletion': {
    subdomain: 'refused',
    timing: LOOKING_ON,
    arrange: hideRecords,
    act: untilRefused,
    changes: SHORT_WAIT,
  },
  // Since a mail whose answer was lost counts as sent.
  'mail-outcome-unknown': {
    subdomain: 'unknown',
    arrange: ({ smtp }) => smtp.fail('ada@example.org', 'drop'),
  },
  'reset-after-completion': { subdomain: 'reset', isReset: true },
  'person-skipped-dns': {
    subdomain: 'skipped',
    arrange: hideRecords,
    act: async (handle) => {
      await untilWaiting(handle);
      await handle.signal('skipDnsVerification');
    },
  },
};

function paramsOf(
  name: string,
  { subdomain, timing, byHand }: Kind,
  organizationId: string,
): OrganizationBootstrapParams {
  return {
    ...(!byHand && { organizationId }),
    orgData: { name: `Organization ${name}`, type: 'provider' },
    ...(subdomain && { subdomain }),
    users: [
      { email: 'ada@example.org', firstName: 'Ada', lastName: 'Byron', role: 'provider_admin' },
    ],
    origin: { requestedAt: new Date().toISOString(), source: 'recording' },
    timing: {
      propagationWaitMs: 100,
      verificationLimitMs: 300,
      verificationBackoffMs: [100],
      ...timing,
    },
  };
}

async function run(bench: Bench, name: string, kind: Kind): Promise<WorkflowHandle> {
  const { stack, client, queues } = bench;
  const organizationId = randomUUID();
  kind.arrange?.(stack);
  const handle = await client.workflow.start(ORGANIZATION_BOOTSTRAP, {
    taskQueue: queues.bootstrap,
    workflowId: kind.byHand ? `hand-${name}` : bootstrapWorkflowId(organizationId),
    args: [paramsOf(name, kind, organizationId)],
  });
  await kind.act?.(handle, bench, organizationId);
  if (!kind.isReset) return handle;
  await handle.result();
  const { workflowId, runId } = await handle.describe();
  const [first] = await resetPoints(client.workflow.getHandle(workflowId, runId));
  return reset(client, { workflowId, runId }, first!);
}

export const bootstraps: Record<string, Recording> = Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [
    name,
    {
      run: (bench: Bench) => run(bench, name, kind),
      ...(kind.changes && { changes: kind.changes }),
    },
  ]),
);
