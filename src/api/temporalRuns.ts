/** Workflows as the API starts, describes and reaches them; every call with a short deadline. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import {
  BOOTSTRAP_STEPS,
  bootstrapWorkflowId,
  deletionWorkflowId,
  type OrganizationDeletionParams,
  SEARCH_ATTRIBUTE,
  SIGNAL,
  type SignalName,
  WORKFLOW,
} from '#domain/contracts.ts';
import type { InitiatedBootstrap } from '#store/bootstrapRequests.ts';
import { withCorrelationId } from '#telemetry/correlation.ts';

export const START_DEADLINE_MS = 5_000;
const READ_DEADLINE_MS = 2_000;
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
const ONCE = {
  workflowIdConflictPolicy: 'USE_EXISTING',
  workflowIdReusePolicy: 'REJECT_DUPLICATE',
} as const;

async function startOnce(client: Client, start: () => Promise<unknown>): Promise<void> {
  try {
    await client.withDeadline(Date.now() + START_DEADLINE_MS, start);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Starts the run of an accepted request, under the request's correlation id. */
export async function startBootstrapRun(
  client: Client,
  taskQueue: string,
  { params, correlationId, requestedBy }: InitiatedBootstrap,
): Promise<void> {
  const orgId = params.organizationId!;
  await withCorrelationId(correlationId, () =>
    startOnce(client, () =>
      client.workflow.start(WORKFLOW.organizationBootstrap, {
        ...ONCE,
        taskQueue,
        workflowId: bootstrapWorkflowId(orgId),
        args: [params],
        memo: { org_id: orgId, correlation_id: correlationId },
        typedSearchAttributes: searchAttributes({
          orgId,
          userId: requestedBy ?? undefined,
          correlationId,
          step: BOOTSTRAP_STEPS[0],
        }),
      }),
    ),
  );
}

/**
 * Starts the deletion of an organization; one that has failed may be started again.
 * @throws WorkflowExecutionAlreadyStartedError when one is under way or has succeeded.
 */
export async function startDeletionRun(
  client: Client,
  taskQueue: string,
  params: OrganizationDeletionParams,
  correlationId: string,
): Promise<void> {
  const { organizationId: orgId, origin } = params;
  await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.start(WORKFLOW.organizationDeletion, {
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      taskQueue,
      workflowId: deletionWorkflowId(orgId),
      args: [params],
      memo: { org_id: orgId, correlation_id: correlationId },
      typedSearchAttributes: searchAttributes({
        orgId,
        userId: origin.requestedBy,
        correlationId,
        step: 'deletion',
      }),
    }),
  );
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

export const signalRun = (client: Client, workflowId: string, signal: SignalName): Promise<void> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).signal(SIGNAL[signal]),
  );
