/** What operators do to runs under way: cancel, terminate and reset. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Arena } from '../arena.ts';
import type { RequestedOnboarding, SteadyLoad } from '../steadyLoad.ts';
import type { Fault } from './fault.ts';
import { nothing } from './fault.ts';

const NAMESPACE = 'default';

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
    async inject(arena, load) {
      await onOpenRuns(arena, load, async (handle, onboarding) => {
        onboarding.ended = 'terminated';
        await handle.terminate('a fault');
      });
      return nothing;
    },
  },
  {
    name: 'reset-runs',
    core: true,
    part: 'runs',
    async inject(arena, load) {
      for (const { onboarding } of chosen(arena, load)) await reset(arena, onboarding.workflowId!);
      return nothing;
    },
  },
];
