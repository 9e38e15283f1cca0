/** Emits the event of a revocation, for all activities that revoke. */

import type { EmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import type { INVITATION_EVENTS } from '../events.ts';

export async function emitRevoked(
  emitEvent: EmitEvent<typeof INVITATION_EVENTS>,
  invitation: { orgId: string; invitationId: string; email: string },
  origin: RequestOrigin,
  reason: string,
): Promise<void> {
  const { orgId, invitationId, email } = invitation;
  await emitEvent({
    eventType: 'invitation.revoked',
    aggregateId: invitationId,
    origin,
    eventData: {
      org_id: orgId,
      invitation_id: invitationId,
      email,
      revoked_at: new Date().toISOString(),
      reason,
    },
  });
}
