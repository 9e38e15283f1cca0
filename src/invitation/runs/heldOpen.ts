/** Pending invitations: each needs an open run, which is started again where it is gone. */
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import type { HeldOpen } from '#kernel/temporal/lostRuns.ts';
import { userInvitationWorkflowId } from '../contract.ts';
import { reviveInvitationRun } from '../runs.ts';
import type { InvitationApiConfig } from '../settings.ts';
import { createInvitations } from '../store.ts';

export function createHeldOpen({
  temporal,
  config,
  pool,
}: ApiKernel<InvitationApiConfig>): HeldOpen {
  const invitations = createInvitations(pool);
  return {
    async page(after, options) {
      const ids = await invitations.pendingPage(after, options);
      return ids.map((id) => ({ key: id, workflowId: userInvitationWorkflowId(id) }));
    },
    async repair({ key }) {
      const invitation = await invitations.find(key);
      if (invitation?.status !== 'pending') return;
      await reviveInvitationRun({ temporal, config, invitations }, invitation);
    },
  };
}
