/** Derives the steps of a bootstrap from its events. */
import {
  type RunEnding,
  type StageEvent,
  type Stages,
  stagesFrom,
} from '#kernel/workflow/steps.ts';
import { BOOTSTRAP_STEPS, type BootstrapStep } from './contract.ts';

/** `ApplicationFailure.type` values in addition to those of FAILURE. */
export const ONBOARDING_FAILURE = {
  slugTaken: 'SlugTaken',
  dnsVerificationAborted: 'DnsVerificationAborted',
  dnsVerificationTimedOut: 'DnsVerificationTimedOut',
  allEmailsFailed: 'AllEmailsFailed',
  /** The bootstrap has ended, is being undone, or belongs to another run: it is not repeated. */
  bootstrapOver: 'BootstrapOver',
} as const;

/** An event with its payload, as the store returns it. */
export interface BootstrapEvent extends StageEvent {
  eventData: Record<string, unknown>;
}

const ENDED = /^organization\.bootstrap\.(completed|failed|cancelled)$/;

function endingOf(events: readonly BootstrapEvent[]): RunEnding | undefined {
  const last = events.find(({ eventType }) => ENDED.test(eventType));
  if (!last) return undefined;
  const isCompleted = last.eventType === 'organization.bootstrap.completed';
  return {
    failureStage: isCompleted ? undefined : String(last.eventData.failure_stage),
    at: last.createdAt,
  };
}

/**
 * @param hasSubdomain without a subdomain the DNS steps are skipped.
 * @returns the status of each step that the run had, and the step that is in progress or failed.
 */
export const bootstrapStagesFrom = (
  events: readonly BootstrapEvent[],
  hasSubdomain: boolean,
): Stages<BootstrapStep> =>
  stagesFrom(BOOTSTRAP_STEPS, events, endingOf(events), hasSubdomain ? ['subdomain'] : []);
