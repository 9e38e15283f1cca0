/** Runs as the API describes, queries and cancels them; every call has a short deadline. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';

export const START_DEADLINE_MS = 5_000;

export const READ_DEADLINE_MS = 2_000;

const LIST_PAGE = 1_000;

const keyword = (name: string) => defineSearchAttributeKey(name, 'KEYWORD');

/** What a run of any workflow can be found by. */
export function searchAttributes(values: {
  orgId: string;
  userId: string | undefined;
  correlationId: string;
  step: string;
}): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: keyword(SEARCH_ATTRIBUTE.orgId), value: values.orgId },
    { key: keyword(SEARCH_ATTRIBUTE.correlationId), value: values.correlationId },
    { key: keyword(SEARCH_ATTRIBUTE.currentStep), value: values.step },
    ...(values.userId ? [{ key: keyword(SEARCH_ATTRIBUTE.userId), value: values.userId }] : []),
  ]);
}

/** Starting twice is starting once, also when the first run has already ended. */
export const ONCE = {
  workflowIdConflictPolicy: 'USE_EXISTING',
  workflowIdReusePolicy: 'REJECT_DUPLICATE',
} as const;

export async function startOnce(client: Client, start: () => Promise<unknown>): Promise<void> {
  try {
    await client.withDeadline(Date.now() + START_DEADLINE_MS, start);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** @throws when Temporal does not answer now. */
export const pingTemporal = (client: Client): Promise<unknown> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflowService.getSystemInfo({}),
  );

/** Undefined when Temporal has no such workflow. @throws when Temporal does not answer. */
export async function describeRun(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Workflow ids of the open runs of a type. Visibility is written a moment after the fact: a run
 * that is missing may be open, and one that is there may just have ended.
 */
export async function openRunIds(client: Client, workflowType: string): Promise<Set<string>> {
  const query = `WorkflowType = '${workflowType}' AND ExecutionStatus = 'Running'`;
  const ids = new Set<string>();
  for await (const { workflowId } of client.workflow.list({ query, pageSize: LIST_PAGE })) {
    ids.add(workflowId);
  }
  return ids;
}

/** @throws when no worker answers in time. */
export const queryRun = <T>(client: Client, workflowId: string, query: string): Promise<T> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).query<T>(query),
  );

/** Asks the run to stop; it compensates first. */
export const cancelRun = (client: Client, workflowId: string): Promise<unknown> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).cancel(),
  );
