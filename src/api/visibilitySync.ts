/** What Temporal's visibility knows of runs that left no event, written where metrics count. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { TASK_QUEUE_BOOTSTRAP, WORKFLOW } from '#domain/contracts.ts';
import type { RunOutcome, WorkflowRuns } from '#store/workflowRuns.ts';
import { describeRun } from './temporalRuns.ts';

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

/** A reset terminates one run and begins another: then the workflow has not ended. */
async function isSuperseded(client: Client, info: WorkflowExecutionInfo): Promise<boolean> {
  if (info.status.name !== 'TERMINATED') return false;
  const latest = await describeRun(client, info.workflowId);
  return latest !== undefined && latest.runId !== info.runId;
}

export function createVisibilitySync(client: Client, runs: WorkflowRuns) {
  let lookedAt = Date.now() - FIRST_LOOK_MS;

  async function record(info: WorkflowExecutionInfo): Promise<boolean> {
    if (await isSuperseded(client, info)) return false;
    const outcome = OUTCOMES[info.status.name] ?? null;
    return runs.record({
      workflowId: info.workflowId,
      workflowType: info.type,
      taskQueue: TASK_QUEUE_BOOTSTRAP,
      orgId: info.workflowId.slice(-UUID_LENGTH),
      startedAt: info.startTime,
      closedAt: outcome ? (info.closeTime ?? null) : null,
      outcome,
    });
  }

  return {
    /** Records what is new since the last call. @returns how many runs that were. */
    async sync(taskQueue: string): Promise<number> {
      const since = new Date(lookedAt - OVERLAP_MS).toISOString();
      const startedLooking = Date.now();
      let recorded = 0;
      const query = `WorkflowType IN (${TYPES}) AND TaskQueue = '${taskQueue}'
        AND (StartTime > '${since}' OR CloseTime > '${since}')`;
      for await (const info of client.workflow.list({ query })) {
        if (await record(info)) recorded++;
      }
      lookedAt = startedLooking;
      return recorded;
    },
  };
}
