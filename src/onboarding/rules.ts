/** The steps of a bootstrap as its events tell them, for when the workflow cannot be asked. */

import type { EventType } from '#events.ts';
import type { FailureStage } from './contract.ts';
import { BOOTSTRAP_STEPS, type BootstrapStep, type StepState } from './contract.ts';

export interface StageEvent {
  eventType: EventType;
  createdAt: Date;
  eventData: Record<string, unknown>;
}

/** The events that end each step; a step with several is over at the last of them. */
const ENDED_BY: Record<BootstrapStep, EventType[]> = {
  create_organization: ['organization.created'],
  configure_dns: ['organization.subdomain.dns_created'],
  wait_for_propagation: [
    'organization.subdomain.verified',
    'organization.dns.verification_timed_out',
  ],
  verify_dns: ['organization.subdomain.verified', 'organization.subdomain.verification_skipped'],
  generate_invitations: ['user.invited'],
  send_invitation_emails: ['invitation.email.sent', 'invitation.email.failed'],
  activate_organization: ['organization.activated'],
};
const DNS_STEPS: readonly BootstrapStep[] = ['configure_dns', 'wait_for_propagation', 'verify_dns'];
const STEP_OF_STAGE: Record<FailureStage, BootstrapStep> = {
  organization_creation: 'create_organization',
  dns_provisioning: 'configure_dns',
  dns_verification: 'verify_dns',
  invitation_generation: 'generate_invitations',
  invitation_email: 'send_invitation_emails',
  activation: 'activate_organization',
};

/** Several events end a step only when the next one's are there: the last mail may be missing. */
const isOver = (step: BootstrapStep, seen: Set<EventType>): boolean => {
  const next = BOOTSTRAP_STEPS[BOOTSTRAP_STEPS.indexOf(step) + 1];
  const isPlural = step === 'generate_invitations' || step === 'send_invitation_emails';
  if (isPlural) return next !== undefined && ENDED_BY[next].some((type) => seen.has(type));
  return ENDED_BY[step].some((type) => seen.has(type));
};

const isBefore = (step: BootstrapStep, other: BootstrapStep | undefined): boolean =>
  other !== undefined && BOOTSTRAP_STEPS.indexOf(step) < BOOTSTRAP_STEPS.indexOf(other);

/**
 * @param hasSubdomain without one the DNS steps are skipped.
 * @returns each step with what its events prove, and the step that is under way, or failed.
 */
export function stagesFrom(
  events: StageEvent[],
  hasSubdomain: boolean,
): { stages: StepState[]; current: BootstrapStep | null } {
  const seen = new Set(events.map((event) => event.eventType));
  const ending = events.find(({ eventType }) => /bootstrap\.(failed|cancelled)$/.test(eventType));
  const failed = ending && STEP_OF_STAGE[ending.eventData.failure_stage as FailureStage];
  const stages = BOOTSTRAP_STEPS.map((name): StepState => {
    if (!hasSubdomain && DNS_STEPS.includes(name)) return { name, status: 'skipped' };
    if (name === failed)
      return { name, status: 'failed', endedAt: ending!.createdAt.toISOString() };
    // A run fails at a step only when it is through with those before.
    if (!isOver(name, seen) && !isBefore(name, failed)) return { name, status: 'pending' };
    const last = events.findLast(({ eventType }) => ENDED_BY[name].includes(eventType));
    return { name, status: 'completed', ...(last && { endedAt: last.createdAt.toISOString() }) };
  });
  const underWay = stages.find(({ status }) => status === 'pending');
  if (!failed && underWay) underWay.status = 'running';
  return { stages, current: failed ?? underWay?.name ?? null };
}
