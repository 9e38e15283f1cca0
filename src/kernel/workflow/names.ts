/** Names and shapes that every workflow shares; safe to import in the workflow sandbox. */
export const QUERY_GET_STATE = 'getState';

/** Header that carries the correlation id over HTTP, Temporal and e-mail alike. */
export const CORRELATION_HEADER = 'x-correlation-id';

/** Search attributes of every run, registered on the Temporal namespace as Keyword. */
export const SEARCH_ATTRIBUTE = {
  orgId: 'org_id',
  userId: 'user_id',
  correlationId: 'correlation_id',
  currentStep: 'current_step',
} as const;

export type StepStatus = 'pending' | 'running' | 'completed' | 'failed' | 'skipped';

export interface StepState<Name extends string = string> {
  name: Name;
  status: StepStatus;
  /** ISO 8601. */
  startedAt?: string;
  endedAt?: string;
}

/** Who asked for a run, and when: the parts of each event's metadata that a retry must repeat. */
export interface RequestOrigin {
  /** ISO 8601; the time part of every event id of the run. */
  requestedAt: string;
  /** `sub` of the caller's token. */
  requestedBy?: string;
  source?: string;
  tags?: string[];
}

/** What every activity of a run is told: whose organization, and where the run came from. */
export interface StepInput {
  orgId: string;
  origin: RequestOrigin;
}
