/** The status of a run: from a workflow query while it runs, otherwise from its events. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { StoredEvent } from '#kernel/eventStore/eventQueries.ts';
import { notFound } from '#kernel/http/problems.ts';
import { waitingForOf } from '#kernel/patience/waitingFor.ts';
import { describeRun, queryRun } from '#kernel/temporal/runs.ts';
import type { StatusDefinition } from '#kernel/temporal/workflowDefinition.ts';
import { QUERY_GET_STATE } from '#kernel/workflow/names.ts';
import { needsCleanup } from '#organization/rules.ts';
import type { Organization } from '#organization/store.ts';
import type { BootstrapState } from '../contract.ts';
import type { WorkflowStatusBody } from '../schemas.ts';
import type { OnboardingRouteDeps } from './routeDeps.ts';

type Status = WorkflowStatusBody['status'];

/** A mail whose outcome nobody knows counts as sent: most of these arrive. */
const COUNT_AS_SENT: readonly string[] = ['invitation.email.sent', 'invitation.email.unknown'];

/** The status of a run that Temporal closed without its last event. */
const OF_EXECUTION: Record<string, Status> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'failed',
  TIMED_OUT: 'failed',
};

type Execution = WorkflowExecutionDescription | 'absent' | 'unreachable';

async function executionOf(
  { temporal, logger }: OnboardingRouteDeps,
  workflowId: string,
): Promise<Execution> {
  try {
    return (await describeRun(temporal, workflowId)) ?? 'absent';
  } catch (error) {
    logger.warn(
      { workflow_id: workflowId, error: (error as Error).name },
      'Temporal cannot be asked',
    );
    return 'unreachable';
  }
}

async function stateOf(
  { temporal }: OnboardingRouteDeps,
  workflowId: string,
): Promise<BootstrapState | undefined> {
  try {
    return await queryRun<BootstrapState>(temporal, workflowId, QUERY_GET_STATE);
  } catch {
    // No worker responds: the status comes from the events.
    return undefined;
  }
}

function statusFrom(
  execution: Execution,
  ended: Status | undefined,
  { status }: Organization,
): Status {
  if (ended) return ended;
  if (typeof execution === 'object') return OF_EXECUTION[execution.status.name] ?? 'unknown';
  // Accepted and not started yet, or running while Temporal or its workers cannot be asked.
  return status === 'pending' || status === 'provisioning' ? 'running' : 'unknown';
}

const numberOr = (value: unknown, fallback: number): number =>
  typeof value === 'number' ? value : fallback;

/** Compensations that the last event of a bootstrap names as not done. */
function pendingCleanupOf(last: StoredEvent | undefined): string[] {
  const pending = last?.eventData.pending_cleanup;
  return Array.isArray(pending) ? pending.map(String) : [];
}

export interface KnownRun {
  workflowId: string;
  organization: Organization;
  /** How the status of this workflow's runs is determined. */
  status: StatusDefinition;
}

/** The status that the events show. */
function fromEvents(
  { workflowId, organization, status: definition }: KnownRun,
  events: StoredEvent[],
  execution: Execution,
): WorkflowStatusBody {
  const last = events.findLast(({ eventType }) => definition.endedBy[eventType]);
  const ended = last && definition.endedBy[last.eventType];
  const { stages, current } = definition.stagesFrom?.(
    events,
    organization.subdomainStatus !== null,
  ) ?? { stages: [], current: null };
  const has = (type: string) => events.some(({ eventType }) => eventType === type);
  const sent = events.filter(({ eventType }) => COUNT_AS_SENT.includes(eventType)).length;
  const status = statusFrom(execution, ended, organization);
  const error = last?.eventData.error_message;
  return {
    workflowId,
    organizationId: organization.orgId,
    status,
    // Only bootstraps have steps.
    currentStage: status === 'completed' ? null : (current as WorkflowStatusBody['currentStage']),
    stages: stages as WorkflowStatusBody['stages'],
    error: typeof error === 'string' ? error : null,
    completedAt: last?.createdAt.toISOString() ?? null,
    domain: organization.domain,
    dnsConfigured: has('organization.subdomain.dns_created') && !has('organization.dns.removed'),
    invitationsSent: numberOr(last?.eventData.invitations_sent, sent),
    waitingForPerson: false,
    waitingFor: typeof execution === 'object' ? waitingForOf(execution) : null,
    pendingCleanup: needsCleanup(organization) ? pendingCleanupOf(last) : [],
    correlationId: organization.correlationId,
    source: 'events',
  };
}

/** @throws Problem 404 when the run does not exist. */
export async function workflowStatusOf(
  deps: OnboardingRouteDeps,
  run: KnownRun,
): Promise<WorkflowStatusBody> {
  const { workflowId } = run;
  const [execution, events] = await Promise.all([
    executionOf(deps, workflowId),
    deps.queries.getEventsForWorkflow(workflowId),
  ]);
  // A bootstrap has an event from its request on; a deletion exists from its start on.
  if (execution === 'absent' && events.length === 0) throw notFound('workflow');
  const told = fromEvents(run, events, execution);
  const asked = typeof execution === 'object' && execution.status.name === 'RUNNING';
  const state = asked ? await stateOf(deps, workflowId) : undefined;
  if (!state) return told;
  return {
    ...told,
    status: 'running',
    currentStage: state.step,
    stages: state.steps,
    error: state.errors.at(-1) ?? null,
    completedAt: null,
    domain: state.domain,
    dnsConfigured: state.dnsConfigured,
    invitationsSent: state.invitationsSent,
    waitingForPerson: state.dns.waitingForPerson,
    source: 'workflow',
  };
}
