/** Starts, describes, queries and cancels runs for the API; every call has a short deadline. */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { currentCorrelationId, withCorrelationId } from '#kernel/telemetry/correlation.ts';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';

const START_DEADLINE_MS = 5_000;

const READ_DEADLINE_MS = 2_000;

const LIST_DEADLINE_MS = 10_000;
const LIST_PAGE = 1_000;

const keyword = (name: string) => defineSearchAttributeKey(name, 'KEYWORD');

/** When a workflow id may be used again. */
const REUSE = {
  /** A second start has no effect, also when the first run has ended. */
  once: { workflowIdConflictPolicy: 'USE_EXISTING', workflowIdReusePolicy: 'REJECT_DUPLICATE' },
  /** One run at a time; another may follow after its end. */
  oneAtATime: { workflowIdConflictPolicy: 'FAIL', workflowIdReusePolicy: 'ALLOW_DUPLICATE' },
  /** A second start has no effect while one is open; another may follow after its end. */
  unlessOpen: {
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  },
  /** One run at a time; another may follow only when it has failed. */
  untilSuccess: {
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
  },
} as const;

export interface RunStart {
  /** Registered name of the workflow. */
  type: string;
  taskQueue: string;
  workflowId: string;
  /** The single argument of the workflow. */
  params: object;
  reuse: keyof typeof REUSE;
  orgId: string;
  /** `sub` of the caller's token. */
  userId: string | undefined;
  /** The request's own, or else the workflow id, when left out. */
  correlationId?: string;
  /** First value of the search attribute `current_step`. */
  step?: string;
}

/** What a run of any workflow can be found by. */
function searchAttributesOf({ orgId, userId, step }: RunStart, correlationId: string) {
  return new TypedSearchAttributes([
    { key: keyword(SEARCH_ATTRIBUTE.orgId), value: orgId },
    { key: keyword(SEARCH_ATTRIBUTE.correlationId), value: correlationId },
    ...(step ? [{ key: keyword(SEARCH_ATTRIBUTE.currentStep), value: step }] : []),
    ...(userId ? [{ key: keyword(SEARCH_ATTRIBUTE.userId), value: userId }] : []),
  ]);
}

/**
 * Starts a run with its correlation id. @returns its workflow id.
 * @throws WorkflowExecutionAlreadyStartedError when `reuse` does not allow it now; never for
 *   `once`.
 */
export async function startRun(client: Client, start: RunStart): Promise<string> {
  const { type, taskQueue, workflowId, params, reuse, orgId } = start;
  const correlationId = start.correlationId ?? currentCorrelationId() ?? workflowId;
  const options: WorkflowStartOptions = {
    ...REUSE[reuse],
    taskQueue,
    workflowId,
    args: [params],
    memo: { org_id: orgId, correlation_id: correlationId },
    typedSearchAttributes: searchAttributesOf(start, correlationId),
  };
  try {
    await withCorrelationId(correlationId, () =>
      client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
        client.workflow.start(type, options),
      ),
    );
  } catch (error) {
    const isThere = error instanceof WorkflowExecutionAlreadyStartedError;
    if (!isThere || reuse !== 'once') throw error;
  }
  return workflowId;
}

/** @throws when Temporal is not available. */
export const pingTemporal = (client: Client): Promise<unknown> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflowService.getSystemInfo({}),
  );

/** Undefined when Temporal does not know the workflow. @throws when Temporal is not available. */
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

/** The runs that match a query of visibility; each page has its own deadline. */
export async function* listRuns(
  client: Client,
  query: string,
): AsyncGenerator<WorkflowExecutionInfo> {
  const runs = client.workflow.list({ query, pageSize: LIST_PAGE })[Symbol.asyncIterator]();
  for (;;) {
    const next = await client.withDeadline(Date.now() + LIST_DEADLINE_MS, () => runs.next());
    if (next.done) return;
    yield next.value;
  }
}

/**
 * Workflow ids of the open runs of a type. Temporal updates this list with a short delay: it may
 * lack an open run, or still contain one that has just ended.
 */
export async function openRunIds(client: Client, workflowType: string): Promise<Set<string>> {
  const query = `WorkflowType = '${workflowType}' AND ExecutionStatus = 'Running'`;
  const ids = new Set<string>();
  for await (const { workflowId } of listRuns(client, query)) {
    ids.add(workflowId);
  }
  return ids;
}

/** @throws when no worker responds in time. */
export const queryRun = <T>(client: Client, workflowId: string, query: string): Promise<T> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).query<T>(query),
  );

/** @throws WorkflowNotFoundError when it has ended. */
export const signalRun = (
  client: Client,
  workflowId: string,
  signal: string,
  ...args: unknown[]
): Promise<void> =>
  client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).signal(signal, ...args),
  );

/** Asks the run to stop; it compensates first. */
export const cancelRun = (client: Client, workflowId: string): Promise<unknown> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowId).cancel(),
  );
