/** What Temporal's visibility knows of runs that left no event, written where metrics count. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TASK_QUEUE_OF, WORKFLOW, type WorkflowType } from '#families.ts';
import type { RunOutcome, WorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';
import { describeRun } from './runs.ts';

/** Whatever the namespace still keeps, for the first look after a start. */
const FIRST_LOOK_MS = 30 * 24 * 60 * 60 * 1000;
/** Visibility is written a moment after the fact. */
const OVERLAP_MS = 10 * 60 * 1000;
const UUID_LENGTH = 36;

const OUTCOMES: Record<string, RunOutcome | undefined> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};
const TYPES = Object.values(WORKFLOW)
  .map((type) => `'${type}'`)
  .join(', ');

/** The organization is a search attribute of runs that the API started, and in most ids. */
function orgIdOf({ workflowId, typedSearchAttributes }: WorkflowExecutionInfo): string {
  const key = defineSearchAttributeKey(SEARCH_ATTRIBUTE.orgId, 'KEYWORD');
  return typedSearchAttributes.get(key) ?? workflowId.slice(-UUID_LENGTH);
}

/** A reset terminates one run and begins another: then the workflow has not ended. */
async function isSuperseded(client: Client, info: WorkflowExecutionInfo): Promise<boolean> {
  if (info.status.name !== 'TERMINATED') return false;
  const latest = await describeRun(client, info.workflowId);
  return latest !== undefined && latest.runId !== info.runId;
}

/** A bootstrap that ended without its last event: it gets one, so that events and runs agree. */
export type EndBootstrap = (
  run: { workflowId: string; orgId: string; startedAt: Date },
  outcome: RunOutcome,
) => Promise<void>;

const UNSAID: readonly (RunOutcome | null)[] = ['failed', 'terminated', 'timed_out'];

export function createVisibilitySync(
  client: Client,
  runs: WorkflowRuns,
  endBootstrap: EndBootstrap,
) {
  let lookedAt = Date.now() - FIRST_LOOK_MS;

  async function record(info: WorkflowExecutionInfo): Promise<boolean> {
    if (await isSuperseded(client, info)) return false;
    const outcome = OUTCOMES[info.status.name] ?? null;
    const { workflowId } = info;
    const run = {
      workflowId,
      workflowType: info.type,
      taskQueue: TASK_QUEUE_OF[info.type as WorkflowType],
      orgId: orgIdOf(info),
      startedAt: info.startTime,
      closedAt: null,
      outcome: null,
    };
    if (info.type !== WORKFLOW.organizationBootstrap || !UNSAID.includes(outcome)) {
      return runs.record({ ...run, closedAt: outcome ? (info.closeTime ?? null) : null, outcome });
    }
    await runs.record(run);
    if (!(await runs.isOpen(workflowId))) return false;
    await endBootstrap(run, outcome!);
    return true;
  }

  return {
    /** Records what is new since the last call. @returns how many runs that were. */
    async sync(taskQueues: string[]): Promise<number> {
      const since = new Date(lookedAt - OVERLAP_MS).toISOString();
      const startedLooking = Date.now();
      let recorded = 0;
      const query = `WorkflowType IN (${TYPES}) AND TaskQueue IN (${taskQueues.map((queue) => `'${queue}'`).join(', ')})
        AND (StartTime > '${since}' OR CloseTime > '${since}')`;
      for await (const info of client.workflow.list({ query })) {
        if (await record(info)) recorded++;
      }
      lookedAt = startedLooking;
      return recorded;
    },
  };
}
