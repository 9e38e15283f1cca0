/** `ApplicationFailure.type` values of all families; workflows and callers match on them. */
export const FAILURE = {
  invalidInput: 'InvalidInput',
  eventNotProjected: 'EventNotProjected',
  eventHeld: 'EventHeld',
  /** The database is not available now. */
  storeUnavailable: 'StoreUnavailable',
  /** Any other error, whose details are only in the log: its name, code and place. */
  internal: 'InternalError',
} as const;
