/** Removes what a canary made: its organization with everything that belongs to it. */
import type { Caller } from './caller.ts';
import { asked, type CanaryWork } from './onboarding.ts';
import type { CanaryRun, CanaryRuns } from './store.ts';

const NOT_FOUND = 404;
const REASON = 'canary';

const UNDER_WAY = ['pending', 'provisioning'];

/**
 * Looks once, and asks for what has to be done next; to be repeated until it is done. Deletions and
 * cancellations can be asked for again.
 * @returns true when nothing is left.
 */
async function removed(caller: Caller, organizationId: string): Promise<boolean> {
  const path = `/api/v1/organizations/${organizationId}`;
  const { status, body } = await caller.call('GET', path);
  if (status === NOT_FOUND) return true;
  if (UNDER_WAY.includes(String(body.status))) {
    await caller.call('POST', `/api/v1/workflows/org-bootstrap-${organizationId}/cancel`);
    return false;
  }
  // What failed before it was created has left nothing.
  if (body.status === 'failed' && body.path === null) return true;
  if (body.status === 'deactivated' && body.cloudflareRecordId === null) return true;
  await caller.call('DELETE', path, { body: { reason: REASON } });
  return false;
}

type Removing = Pick<CanaryWork, 'config' | 'caller' | 'stopping' | 'until'> & {
  runs: CanaryRuns;
};

/** @returns true when nothing of the canary is left; false when the time was over before. */
export async function cleanUp(work: Removing, run: CanaryRun): Promise<boolean> {
  const { runs, caller } = work;
  const organizationId = await runs.organizationOf(run);
  const isGone =
    organizationId === undefined ||
    (await asked(work, async () => (await removed(caller, organizationId)) || undefined)) === true;
  if (isGone) await runs.recordClean(run);
  return isGone;
}
