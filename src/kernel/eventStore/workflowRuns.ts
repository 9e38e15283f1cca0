/** Records what Temporal knows about runs in the read model that events also fill. */
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import type { WorkflowRunsProjection } from '#kernel/database/schema.ts';

export type RunOutcome = NonNullable<WorkflowRunsProjection['outcome']>;

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
  const db = typed(pool);

  return {
    /** @returns true when something changed. A run that was closed by an event is not changed. */
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

    /** False for a run that has ended, and for an unknown run. */
    async isOpen(workflowId: string): Promise<boolean> {
      const open = await db
        .selectFrom('workflow_runs_projection')
        .select('workflow_id')
        .where('workflow_id', '=', workflowId)
        .where('closed_at', 'is', null)
        .executeTakeFirst();
      return open !== undefined;
    },
  };
}
