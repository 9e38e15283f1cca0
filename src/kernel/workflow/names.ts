/** Names and types that all workflows share; safe to import in the workflow sandbox. */
export const QUERY_GET_STATE = 'getState';

/** The header of the correlation id in HTTP, Temporal and e-mail. */
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

/** Who requested a run, and when: metadata of each event, which must be the same in a retry. */
export interface RequestOrigin {
  /** ISO 8601; the time part of every event id of the run. */
  requestedAt: string;
  /** `sub` of the caller's token. */
  requestedBy?: string;
  source?: string;
  tags?: string[];
}

/** The common input of all activities of a run: its organization and its origin. */
export interface StepInput {
  orgId: string;
  origin: RequestOrigin;
}
