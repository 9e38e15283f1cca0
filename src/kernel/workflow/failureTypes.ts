/** `ApplicationFailure.type` values of all families; workflows and callers match on them. */
export const FAILURE = {
  invalidInput: 'InvalidInput',
  eventNotProjected: 'EventNotProjected',
  eventHeld: 'EventHeld',
  /** The database is not available now. */
  storeUnavailable: 'StoreUnavailable',
  /** The organization's state does not permit it (docs/organization-life.md). */
  organizationNotActive: 'OrganizationNotActive',
  /** The organization above is not active, so nothing comes into being below it. */
  parentNotActive: 'ParentNotActive',
  /** Live organizations are below the one that is to be deleted. */
  organizationHasChildren: 'OrganizationHasChildren',
  /** Any other error, whose details are only in the log: its name, code and place. */
  internal: 'InternalError',
} as const;

/**
 * In the `nonRetryableErrorTypes` of an activity: refusals and repeated failures end it. Without it
 * they are tried again like everything else, until the activity's time limit.
 */
export const REFUSALS = 'Refusals';
