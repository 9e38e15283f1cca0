/** What is under way for an organization, according to the store. */
import type { Pool } from 'pg';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { typed } from '#kernel/database/database.ts';
import { ORGANIZATION_DELETION } from './contract.ts';

/** A run that has not ended, so far as the store knows. */
export interface OpenRun {
  workflowId: string;
  /** Its row among the runs; absent for an invitation of a bootstrap, which has no row yet. */
  row?: { workflowType: string; taskQueue: string; startedAt: Date };
  /** True for the run of an invitation: it ends by a signal, and says so by its own event. */
  isInvitation: boolean;
}

export type OpenRuns = ReturnType<typeof createOpenRuns>;

export function createOpenRuns(pool: Pool) {
  const db = typed(pool);

  const recorded = (orgId: string) =>
    db
      .selectFrom('workflow_runs_projection')
      .select(['workflow_id', 'workflow_type', 'task_queue', 'started_at'])
      .where('org_id', '=', orgId)
      .where('closed_at', 'is', null)
      .where('workflow_type', '<>', ORGANIZATION_DELETION)
      .execute();

  const pendingInvitations = (orgId: string) =>
    db
      .selectFrom('user_invitations_projection')
      .select('invitation_id')
      .where('org_id', '=', orgId)
      .where('status', '=', 'pending')
      .execute();

  return {
    /**
     * The runs that have to end before the organization can: those with an event, which is complete
     * once nothing new is accepted. A run without its first event ends by the refusal of that event.
     */
    async of(orgId: string): Promise<OpenRun[]> {
      const invitations = await pendingInvitations(orgId);
      const ids = new Set(invitations.map((one) => userInvitationWorkflowId(one.invitation_id)));
      const runs = (await recorded(orgId)).map((run): OpenRun => {
        const { workflow_type: workflowType, task_queue: taskQueue, started_at: startedAt } = run;
        const row = { workflowType, taskQueue, startedAt };
        return { workflowId: run.workflow_id, row, isInvitation: ids.delete(run.workflow_id) };
      });
      const others = [...ids].map((workflowId) => ({ workflowId, isInvitation: true }));
      return [...runs, ...others];
    },
  };
}
