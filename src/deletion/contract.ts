/** OrganizationDeletionWorkflow: its name, id, input and activities. */
import { workflowIds } from '#kernel/workflow/ids.ts';
import type { RequestOrigin, StepInput } from '#kernel/workflow/names.ts';
import type { BootstrapTiming } from '#onboarding/contract/timing.ts';
import type { CompensationActivities, CompensationInput } from '#onboarding/contract.ts';
import type { PatientActivities } from '#sso/contract.ts';

/** Permission to delete an organization. */
export const DELETE_ORGANIZATION = 'organization.delete';

export const ORGANIZATION_DELETION = 'OrganizationDeletionWorkflow';

/** `org-deletion-{orgId}`. */
const IDS = workflowIds('org-deletion-');
export const deletionWorkflowId = IDS.idOf;
/** The organization id in a deletion workflow id; undefined for other ids. */
export const orgIdOfDeletion = IDS.uuidOf;

export interface OrganizationDeletionParams {
  organizationId: string;
  reason: string;
  /** Also deletes the live organizations below; without it they must be gone. */
  cascade?: boolean;
  origin: RequestOrigin;
  timing?: Partial<BootstrapTiming>;
}

/** Every activity of the family, by its registered name. */
export interface DeletionActivities {
  initiateDeletionActivity(input: CompensationInput & { cascade?: boolean }): Promise<void>;
  /** @returns ids of the live organizations directly below. */
  findLiveChildrenActivity(input: StepInput): Promise<string[]>;
  /** @returns how many runs of the organization are still open. */
  endRunsActivity(input: CompensationInput): Promise<number>;
  releaseDomainsActivity(input: CompensationInput): Promise<void>;
}

/** All activities that a deletion calls; each of them must succeed. */
export type DeletionSteps = DeletionActivities &
  Pick<
    CompensationActivities,
    'revokeInvitationsActivity' | 'removeDNSActivity' | 'deactivateOrganizationActivity'
  > &
  Pick<PatientActivities, 'deactivateSSOActivity'>;
