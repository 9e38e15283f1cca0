/** What a family tells of its workflows: to the worker, the API, and the schedules. */
import type { Queue } from '#kernel/queues.ts';
import type { StageEvent, Stages } from '#kernel/workflow/steps.ts';

export type RunStatus = 'completed' | 'failed' | 'cancelled';

export interface WorkflowDefinition {
  /** Registered name. */
  type: string;
  /** Where its runs are queued. */
  queue: Queue;
  /** The organization that a run's id names; `namesNoOrganization` where ids name none. */
  orgIdOf(workflowId: string): string | undefined;
  /** How the status route tells of a run; left out where it does not. */
  status?: StatusDefinition;
}

export interface StatusDefinition {
  /** The event types that end a run, and what they make of it. */
  endedBy: Readonly<Record<string, RunStatus>>;
  /** The steps that the events of a run prove; left out for a workflow without steps. */
  stagesFrom?(
    events: readonly (StageEvent & { eventData: Record<string, unknown> })[],
    hasSubdomain: boolean,
  ): Stages<string>;
}

/** A workflow that Temporal starts at fixed times. */
export interface ScheduleDefinition {
  /** Beginning of the schedule's id; the workflow id of its runs. */
  id: string;
  /** Registered name of the workflow. */
  type: string;
  queue: Queue;
  /** When, in UTC. */
  calendar: { hour: number };
}
