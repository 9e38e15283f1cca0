/** What operators do to runs under way: cancel, terminate and reset. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Arena } from '../arena.ts';
import { ATTEMPT_LIMIT_MS } from '../caller.ts';
import type { RequestedOnboarding, SteadyLoad } from '../steadyLoad.ts';
import type { Fault } from './fault.ts';
import { nothing } from './fault.ts';

const NAMESPACE = 'default';
const CLEAN_UP_LIMIT_MS = 60_000;
const POLL_MS = 500;

/** Half of the onboardings whose runs were accepted, each with its run. */
function chosen({ temporal }: Arena, { onboardings }: SteadyLoad) {
  return onboardings
    .filter(({ workflowId, ended }) => workflowId && !ended)
    .filter((_one, index) => index % 2 === 0)
    .map((onboarding) => ({
      onboarding,
      handle: temporal.workflow.getHandle(onboarding.workflowId!),
    }));
}

async function onOpenRuns(
  arena: Arena,
  load: SteadyLoad,
  act: (handle: WorkflowHandle, onboarding: RequestedOnboarding) => Promise<unknown>,
): Promise<void> {
  for (const { handle, onboarding } of chosen(arena, load)) {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING') await act(handle, onboarding).catch(() => {});
  }
}

/** What an operator does after a termination: asks for the rest to be removed, until it is accepted. */
async function cleanUp({ apiUrl, ...arena }: Arena, { onboardings }: SteadyLoad): Promise<void> {
  const token = await arena.token();
  const remove = (organizationId: string) =>
    fetch(`${apiUrl}/api/v1/organizations/${organizationId}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'its run was terminated' }),
      signal: AbortSignal.timeout(ATTEMPT_LIMIT_MS),
    }).then(
      ({ status }) => status === 202,
      () => false, // The API is away, too.
    );
  const deadline = Date.now() + CLEAN_UP_LIMIT_MS;
  for (const { organizationId, ended } of onboardings) {
    if (ended !== 'terminated' || !organizationId) continue;
    // Refused until the reconciler has recorded the end of the run.
    while (!(await remove(organizationId)) && Date.now() < deadline) {
      await delay(POLL_MS);
    }
  }
}

/** Resets a run to its first workflow task, open or closed. */
async function reset({ temporal }: Arena, workflowId: string): Promise<void> {
  const { events = [] } = await temporal.workflow.getHandle(workflowId).fetchHistory();
  const task = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  if (!task) return;
  await temporal.workflowService.resetWorkflowExecution({
    namespace: NAMESPACE,
    workflowExecution: { workflowId },
    reason: 'a fault',
    requestId: crypto.randomUUID(),
    workflowTaskFinishEventId: task.eventId!,
  });
}

export const OPERATOR_FAULTS: readonly Fault[] = [
  {
    name: 'cancel-runs',
    part: 'runs',
    momentary: true,
    async inject(arena, load) {
      await onOpenRuns(arena, load, async (handle, onboarding) => {
        onboarding.ended = 'cancelled';
        await handle.cancel();
      });
      return nothing;
    },
  },
  {
    name: 'terminate-runs',
    part: 'runs',
    momentary: true,
    async inject(arena, load) {
      await onOpenRuns(arena, load, async (handle, onboarding) => {
        onboarding.ended = 'terminated';
        await handle.terminate('a fault');
      });
      return () => cleanUp(arena, load);
    },
  },
  {
    name: 'reset-runs',
    core: true,
    part: 'runs',
    momentary: true,
    async inject(arena, load) {
      for (const { onboarding } of chosen(arena, load)) await reset(arena, onboarding.workflowId!);
      return nothing;
    },
  },
];
