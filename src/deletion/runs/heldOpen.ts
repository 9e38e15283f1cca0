/** Deletions under way: each needs an open run, which is started again where it was terminated. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { typed } from '#kernel/database/database.ts';
import { firstEvent } from '#kernel/eventStore/firstEvent.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import type { HeldOpen } from '#kernel/temporal/lostRuns.ts';
import { deletionWorkflowId, orgIdOfDeletion } from '../contract.ts';
import { startDeletionRun } from '../runs.ts';

/**
 * Organizations whose deletion has begun. One whose run has failed is left out: it has tried for as
 * long as it may, and a person asks for it again once the cause is mended.
 */
function deletingPage(
  pool: Pool,
  after: string | undefined,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
) {
  const query = typed(pool)
    .selectFrom('organizations_projection as o')
    .leftJoin('workflow_runs_projection as r', (join) =>
      join.on('r.workflow_id', '=', ({ fn, cast }) =>
        fn<string>('concat', [sql.lit('org-deletion-'), cast<string>('o.org_id', 'text')]),
      ),
    )
    .select('o.org_id as orgId')
    .where('o.status', '=', 'deleting')
    .where('o.updated_at', '<', sql<Date>`now() - ${olderThanMs} * interval '1 millisecond'`)
    .where(({ or, eb }) => or([eb('r.outcome', 'is', null), eb('r.outcome', '<>', 'failed')]));
  const rest = after ? query.where('o.org_id', '>', after) : query;
  return rest.orderBy('o.org_id').limit(limit).execute();
}

export function createHeldOpen(kernel: ApiKernel<KernelApiConfig>): HeldOpen {
  const { temporal, config, pool } = kernel;
  return {
    async page(after, options) {
      const deleting = await deletingPage(pool, after, options);
      return deleting.map(({ orgId }) => ({ key: orgId, workflowId: deletionWorkflowId(orgId) }));
    },
    async repair({ workflowId }) {
      const orgId = orgIdOfDeletion(workflowId)!;
      const type = 'organization.deletion.initiated';
      const first = await firstEvent(pool, 'organization', orgId, type);
      if (!first) return;
      const { reason, cascade } = first.data as { reason: string; cascade?: boolean };
      const params = {
        organizationId: orgId,
        reason,
        ...(cascade && { cascade }),
        origin: first.origin,
        timing: {
          retryInitialMs: config.ACTIVITY_RETRY_INITIAL_MS,
          heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
        },
      };
      await startDeletionRun(temporal, config.TEMPORAL_TASK_QUEUE, params).catch((error) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      });
    },
  };
}
