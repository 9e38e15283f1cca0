/** How a family defines its workflows and schedules, for worker and API. */
import type { Queue } from '#kernel/queues.ts';
import type { StageEvent, Stages } from '#kernel/workflow/steps.ts';

export type RunStatus = 'completed' | 'failed' | 'cancelled';

export interface WorkflowDefinition {
  /** Registered name. */
  type: string;
  /** The task queue of its runs. */
  queue: Queue;
  /** The organization that a workflow id contains; `namesNoOrganization` where ids contain none. */
  orgIdOf(workflowId: string): string | undefined;
  /** How the status route reports a run; absent for workflows without a status. */
  status?: StatusDefinition;
}

export interface StatusDefinition {
  /** The event types that end a run, and the status that each gives it. */
  endedBy: Readonly<Record<string, RunStatus>>;
  /** The state of the steps, derived from events; absent for a workflow without steps. */
  stagesFrom?(
    events: readonly (StageEvent & { eventData: Record<string, unknown> })[],
    hasSubdomain: boolean,
  ): Stages<string>;
}

/** A workflow that Temporal starts at fixed times. */
export interface ScheduleDefinition {
  /** The first part of the schedule's id; also the workflow id of its runs. */
  id: string;
  /** Registered name of the workflow. */
  type: string;
  queue: Queue;
  /** The time of day, in UTC. */
  calendar: { hour: number };
}
