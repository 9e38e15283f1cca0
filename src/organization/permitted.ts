/** Asks for an organization's state before something is done outside for it. */
import { ApplicationFailure } from '@temporalio/common';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import { ORGANIZATION_TRANSITIONS, type OrganizationStatus } from './life.ts';

/**
 * Holds before an effect outside, so that it is not begun for nothing. The database decides when its
 * event is stored; an effect whose event is refused has to be taken back.
 * @param organization undefined where there is none; then its event is refused.
 * @throws ApplicationFailure OrganizationNotActive when its state does not permit the event.
 */
export function requirePermitted(
  organization: { status: OrganizationStatus } | undefined,
  eventType: keyof typeof ORGANIZATION_TRANSITIONS,
): void {
  if (!organization) return;
  const { status } = organization;
  if (ORGANIZATION_TRANSITIONS[eventType]?.some(({ from }) => from.includes(status))) return;
  throw ApplicationFailure.nonRetryable(
    `${eventType} is refused: the organization is ${status}`,
    FAILURE.organizationNotActive,
  );
}
