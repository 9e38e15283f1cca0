/** Ends the runs of an organization that is being deleted, and tells how many are still open. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { INVITATION_SIGNAL } from '#invitation/contract.ts';
import type { RunOutcome, WorkflowRuns } from '#kernel/eventStore/workflowRuns.ts';
import { cancelRun, describeRun, signalRun } from '#kernel/temporal/runs.ts';
import type { OpenRun, OpenRuns } from '../store.ts';

/** How many runs are asked at the same time. */
const BATCH = 20;

const OUTCOMES: Record<string, RunOutcome> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

interface Deps {
  client: Client;
  openRuns: OpenRuns;
  runs: WorkflowRuns;
}

/** Records the end of a run that left no event, or that was never started. */
async function recordEnd(
  { runs }: Deps,
  orgId: string,
  { workflowId, row }: OpenRun,
  ended: { status: string; at: Date },
): Promise<void> {
  if (!row) return;
  const outcome = OUTCOMES[ended.status] ?? 'cancelled';
  await runs.record({ workflowId, ...row, orgId, closedAt: ended.at, outcome });
}

/** @returns true while the run is open. It may end between two calls, which is no error. */
async function end(deps: Deps, orgId: string, run: OpenRun, reason: string): Promise<boolean> {
  const { client } = deps;
  const { workflowId, isInvitation } = run;
  const found = await describeRun(client, workflowId);
  if (found?.status.name !== 'RUNNING') {
    const at = found?.closeTime ?? new Date();
    await recordEnd(deps, orgId, run, { status: found?.status.name ?? '', at });
    return false;
  }
  const asked = isInvitation
    ? signalRun(client, workflowId, INVITATION_SIGNAL.revoke, reason)
    : cancelRun(client, workflowId);
  await asked.catch((error) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });
  return true;
}

/** @returns how many runs are still open; it is to be called again until there are none. */
export async function endRuns(deps: Deps, orgId: string, reason: string): Promise<number> {
  const open = await deps.openRuns.of(orgId);
  let stillOpen = 0;
  for (let from = 0; from < open.length; from += BATCH) {
    const batch = open.slice(from, from + BATCH);
    const answers = await Promise.all(batch.map((run) => end(deps, orgId, run, reason)));
    stillOpen += answers.filter(Boolean).length;
  }
  return stillOpen;
}
