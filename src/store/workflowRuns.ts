/** What Temporal knows of runs and the events may not, written beside what they tell. */
import type { Pool } from 'pg';

export type RunOutcome = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out';

export interface KnownRun {
  workflowId: string;
  workflowType: string;
  taskQueue: string;
  orgId: string;
  startedAt: Date;
  closedAt: Date | null;
  outcome: RunOutcome | null;
}

export type WorkflowRuns = ReturnType<typeof createWorkflowRuns>;

export function createWorkflowRuns(pool: Pool) {
  return {
    /** @returns true when it was news. A run that events have closed stays as they say. */
    async record(run: KnownRun): Promise<boolean> {
      const { rows } = await pool.query(
        'SELECT record_run($1, $2, $3, $4, $5, $6, $7) AS recorded',
        [
          run.workflowId,
          run.workflowType,
          run.taskQueue,
          run.orgId,
          run.startedAt,
          run.closedAt,
          run.outcome,
        ],
      );
      return rows[0].recorded;
    },

    /** False for a run that has ended, and for one that is not known. */
    async isOpen(workflowId: string): Promise<boolean> {
      const { rows } = await pool.query(
        'SELECT 1 FROM workflow_runs_projection WHERE workflow_id = $1 AND closed_at IS NULL',
        [workflowId],
      );
      return rows.length > 0;
    },
  };
}
