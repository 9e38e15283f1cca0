/** `ApplicationFailure.type` values that every family has, for workflows and callers to match on. */
export const FAILURE = {
  invalidInput: 'InvalidInput',
  eventNotProjected: 'EventNotProjected',
  eventHeld: 'EventHeld',
  /** The database did not answer, or not now. */
  storeUnavailable: 'StoreUnavailable',
  /** Whatever else is not meant for the reader; the log has its name, code and place. */
  internal: 'InternalError',
} as const;
