/** Resets runs as `temporal workflow reset` does, to every workflow task that they have. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';

/** The id of an event, as the protocol has it. */
type EventId = NonNullable<
  NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number]['eventId']
>;

/** Ids of the events to which a run can be reset: its completed workflow tasks. */
export async function resetPoints(handle: WorkflowHandle): Promise<EventId[]> {
  const { events = [] } = await handle.fetchHistory();
  return (events ?? [])
    .filter(({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes)
    .map(({ eventId }) => eventId!);
}

/**
 * Starts the run again from one of its workflow tasks; an open run is terminated by that.
 * @returns the new run.
 */
export async function reset(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
  point: EventId,
): Promise<WorkflowHandle> {
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: point,
    requestId: randomUUID(),
    reason: 'test',
  });
  return client.workflow.getHandle(workflowId, answer.runId);
}
