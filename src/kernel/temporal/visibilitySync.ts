/** Records the end of runs that Temporal closed without an event: terminated, timed out. */
import { type Client, isGrpcServiceError, type WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { isTransient } from '#kernel/eventStore/storeError.ts';
import type { RunOutcome, WorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import { errorDetails } from '#kernel/telemetry/errorDetails.ts';
import type { Logger } from '#kernel/telemetry/logger.ts';
import type { WorkflowDefinition } from '#kernel/temporal/workflowDefinition.ts';
import { isUuid } from '#kernel/workflow/ids.ts';
import { SEARCH_ATTRIBUTE } from '#kernel/workflow/names.ts';
import { describeRun, listRuns } from './runs.ts';

/** The first query after a start covers the time for which the namespace may keep closed runs. */
const FIRST_LOOK_MS = 30 * 24 * 60 * 60 * 1000;
/** Queries overlap, because Temporal updates visibility with a short delay. */
const OVERLAP_MS = 10 * 60 * 1000;

const OUTCOMES: Record<string, RunOutcome | undefined> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

const ORG_ID = defineSearchAttributeKey(SEARCH_ATTRIBUTE.orgId, 'KEYWORD');

/** From the search attribute of runs that the API started; otherwise from the workflow id. */
const orgIdOf = (
  { workflowId, typedSearchAttributes }: WorkflowExecutionInfo,
  definition: WorkflowDefinition,
): string | undefined => {
  // Whoever starts a run by hand may have written anything there.
  const marked = typedSearchAttributes.get(ORG_ID);
  return marked !== undefined && isUuid(marked) ? marked : definition.orgIdOf(workflowId);
};

/** A reset terminates one run and starts another: the workflow has not ended then. */
async function isSuperseded(client: Client, info: WorkflowExecutionInfo): Promise<boolean> {
  if (info.status.name !== 'TERMINATED') return false;
  const latest = await describeRun(client, info.workflowId);
  return latest !== undefined && latest.runId !== info.runId;
}

interface EndedRun {
  workflowId: string;
  orgId: string;
  startedAt: Date;
}

export interface VisibilitySyncDeps {
  client: Client;
  runs: WorkflowRuns;
  workflows: readonly WorkflowDefinition[];
  /**
   * By workflow type: emits the last event of a run that ended badly without one, so that events
   * and runs agree. Runs of other types are only recorded.
   */
  endUnsaid: Readonly<Record<string, (run: EndedRun, outcome: RunOutcome) => Promise<void>>>;
  /**
   * By workflow type: ends a run that is open although the workflow's end is recorded. Only a reset
   * makes such a run, and it may wait for something for a long time.
   */
  outlived: Readonly<Record<string, (run: { workflowId: string; runId: string }) => Promise<void>>>;
  logger: Logger;
}

const ENDED_BADLY: readonly (RunOutcome | null)[] = ['failed', 'terminated', 'timed_out'];

const quoted = (values: readonly string[]): string =>
  values.map((value) => `'${value}'`).join(', ');

export function createVisibilitySync(deps: VisibilitySyncDeps) {
  const { client, runs, workflows, endUnsaid, outlived, logger } = deps;
  let lookedAt = Date.now() - FIRST_LOOK_MS;

  async function record(info: WorkflowExecutionInfo): Promise<boolean> {
    const definition = workflows.find(({ type }) => type === info.type);
    const orgId = definition && orgIdOf(info, definition);
    if (!definition || !orgId) {
      logger.warn({ workflow_id: info.workflowId }, 'run of an unknown organization not recorded');
      return false;
    }
    if (await isSuperseded(client, info)) return false;
    const outcome = OUTCOMES[info.status.name] ?? null;
    const { workflowId } = info;
    const run = {
      workflowId,
      workflowType: info.type,
      taskQueue: definition.queue,
      orgId,
      startedAt: info.startTime,
      closedAt: null,
      outcome: null,
    };
    const endOutlived = outlived[info.type];
    if (outcome === null && endOutlived) {
      const recorded = await runs.record(run);
      if (!(await runs.isOpen(workflowId))) await endOutlived(info);
      return recorded;
    }
    const end = endUnsaid[info.type];
    if (!end || !ENDED_BADLY.includes(outcome)) {
      return runs.record({ ...run, closedAt: outcome ? (info.closeTime ?? null) : null, outcome });
    }
    await runs.record(run);
    if (!(await runs.isOpen(workflowId))) return false;
    await end(run, outcome!);
    return true;
  }

  /** An error with one run is logged, and does not stop the others. */
  async function tryRecord(info: WorkflowExecutionInfo): Promise<boolean> {
    try {
      return await record(info);
    } catch (error) {
      // Without the database or Temporal, every other run would fail, too.
      if (isTransient(error) || isGrpcServiceError(error)) throw error;
      logger.warn(
        { workflow_id: info.workflowId, ...errorDetails(error) },
        'run not recorded from Temporal',
      );
      return false;
    }
  }

  return {
    /**
     * Records the runs that started or ended since the last call that was not stopped. @returns
     * their number.
     */
    async sync(taskQueues: readonly string[], stopping?: AbortSignal): Promise<number> {
      const since = new Date(lookedAt - OVERLAP_MS).toISOString();
      const startedLooking = Date.now();
      let recorded = 0;
      const query = `WorkflowType IN (${quoted(workflows.map(({ type }) => type))})
        AND TaskQueue IN (${quoted(taskQueues)})
        AND (StartTime > '${since}' OR CloseTime > '${since}')`;
      for await (const info of listRuns(client, query)) {
        if (stopping?.aborted) return recorded;
        if (await tryRecord(info)) recorded++;
      }
      lookedAt = startedLooking;
      return recorded;
    },
  };
}
