/** Checks the result of a bootstrap, from the API's responses. */
import type { AcceptedRun, InvitedPerson } from './contracts.ts';

/** The fields of a stored event that are used here, as in JSON. */
export interface EventView {
  eventType: string;
  aggregateId: string;
  streamVersion: number;
  /** ISO 8601. */
  createdAt: string;
  processedAt: string | null;
  eventMetadata: { correlation_id?: string };
}

export interface EndState {
  organizationStatus: string;
  workflowStatus: string;
  /** Why the run has not completed. */
  error: string | null;
  /** Events of the run. */
  runEvents: EventView[];
  /** Events of the organization, its invitations, domains and single sign-on. */
  allEvents: EventView[];
}

/** The checks, by their names in the summary. */
export const END_STATE_CHECKS = {
  ended: 'the run has completed and the organization is active',
  complete: 'its events are complete, each once, in gapless versions',
  correlated: 'its events carry the one correlation id that was sent',
  processed: 'no event is unprocessed',
  invited: 'everybody who was invited has been sent the mail',
} as const;
export type EndStateCheck = keyof typeof END_STATE_CHECKS;

/** Each once, in this order, in a bootstrap with a subdomain and one user. */
export const RUN_EVENTS: readonly string[] = [
  'organization.bootstrap.initiated',
  'organization.created',
  'organization.subdomain.dns_created',
  'organization.subdomain.verified',
  'user.invited',
  'invitation.email.sent',
  'organization.activated',
  'organization.bootstrap.completed',
];
const INVITATION_EVENTS = ['user.invited', 'invitation.email.sent'];

const short = (values: string[]): string => values.join(', ') || 'none';

function endedFault({ organizationStatus, workflowStatus, error }: EndState): string | undefined {
  if (organizationStatus === 'active' && workflowStatus === 'completed') return undefined;
  const reason = error ? `: ${error}` : '';
  const limit = workflowStatus === 'running' ? ' when --limit was over' : '';
  return `the organization is ${organizationStatus}, the run ${workflowStatus}${limit}${reason}`;
}

/** The first stream whose versions are not 1, 2, 3, … */
function gapIn(events: EventView[]): string | undefined {
  const streams = new Map<string, number[]>();
  for (const { aggregateId, streamVersion } of events) {
    streams.set(aggregateId, [...(streams.get(aggregateId) ?? []), streamVersion]);
  }
  for (const [aggregateId, versions] of streams) {
    versions.sort((a, b) => a - b);
    if (versions.some((version, index) => version !== index + 1)) {
      return `stream ${aggregateId} has the versions ${versions.join(', ')}`;
    }
  }
  return undefined;
}

function completeFault({ runEvents, allEvents }: EndState): string | undefined {
  const types = runEvents.map(({ eventType }) => eventType);
  if (types.join() !== RUN_EVENTS.join()) return `the run's events are: ${short(types)}`;
  return gapIn(allEvents);
}

function correlatedFault({ runEvents }: EndState, correlationId: string): string | undefined {
  const others = runEvents
    .map(({ eventMetadata }) => eventMetadata.correlation_id ?? 'none')
    .filter((id) => id !== correlationId);
  if (others.length === 0) return undefined;
  return `${others.length} events carry ${short([...new Set(others)])} in place of ${correlationId}`;
}

function processedFault({ allEvents }: EndState): string | undefined {
  const waiting = allEvents.filter(({ processedAt }) => processedAt === null);
  return waiting.length > 0 ? `${waiting.length} events are not projected` : undefined;
}

function invitationFault(
  events: EventView[],
  { invitationId, correlationId }: InvitedPerson,
): string | undefined {
  const own = events.filter(({ aggregateId }) => aggregateId === invitationId);
  const types = own.map(({ eventType }) => eventType);
  if (types.join() !== INVITATION_EVENTS.join()) {
    return `invitation ${invitationId} has the events ${short(types)}`;
  }
  const isCorrelated = own.every(
    ({ eventMetadata }) => eventMetadata.correlation_id === correlationId,
  );
  return isCorrelated ? undefined : `invitation ${invitationId} carries another correlation id`;
}

/** What is wrong with the invitations in addition to the bootstrap's, if anything. */
export const invitedFault = (run: AcceptedRun, events: EventView[]): string | undefined =>
  (run.invited ?? [])
    .map((one) => invitationFault(events, one))
    .find((fault) => fault !== undefined);

/** @returns the problem of each check; undefined when it passes. */
export function faultsOf(
  run: AcceptedRun,
  state: EndState,
): Record<EndStateCheck, string | undefined> {
  return {
    ended: endedFault(state),
    complete: completeFault(state),
    correlated: correlatedFault(state, run.correlationId),
    processed: processedFault(state),
    invited: invitedFault(run, state.allEvents),
  };
}

const timeOf = (state: EndState, type: string): number | undefined => {
  const event = state.runEvents.find(({ eventType }) => eventType === type);
  return event && Date.parse(event.createdAt);
};

/**
 * From sending the request to an event of its run, in milliseconds. Both ends are read from the
 * database's clock, so that it may differ from ours: the time from the recorded request to the
 * event, and, before it, the time that the answer took. Never too short, and too long by less
 * than the answer took.
 * @returns undefined when there is no such event.
 */
export function timeTo(
  type: 'organization.created' | 'organization.activated',
  run: AcceptedRun,
  state: EndState,
): number | undefined {
  const recorded = timeOf(state, 'organization.bootstrap.initiated');
  const reached = timeOf(state, type);
  if (recorded === undefined || reached === undefined) return undefined;
  return run.answeredInMs + reached - recorded;
}

/** ISO 8601; undefined when the run has not completed. */
export const completedAt = ({ runEvents }: EndState): string | undefined =>
  runEvents.find(({ eventType }) => eventType === 'organization.bootstrap.completed')?.createdAt;
