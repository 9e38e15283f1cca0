/** Keeps the activities of an invitation from acting for another organization than its own. */
import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityScope, Implementations } from '#kernel/temporal/activity.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import type { InvitationActivities, ProvisionUserInput } from '../contract.ts';
import type { Invitations } from '../store.ts';

type Work = (input: never, scope: ActivityScope) => Promise<unknown>;

/**
 * A run that is started by hand may name any organization, whose state would then be asked for in
 * place of the invitation's. Each activity throws ApplicationFailure InvalidInput instead.
 */
export function onlyForItsOrganization(
  invitations: Pick<Invitations, 'find'>,
  implementations: Implementations<InvitationActivities>,
): Implementations<InvitationActivities> {
  const guard = (work: Work) => async (input: ProvisionUserInput, scope: ActivityScope) => {
    const found = await invitations.find(input.invitationId);
    if (found && found.orgId !== input.orgId) {
      throw ApplicationFailure.nonRetryable(
        'the invitation is of another organization',
        FAILURE.invalidInput,
      );
    }
    return work(input as never, scope);
  };
  const guarded = Object.entries(implementations).map(([name, work]) => [
    name,
    guard(work as Work),
  ]);
  return Object.fromEntries(guarded);
}
