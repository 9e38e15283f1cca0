/** OrganizationDeletionWorkflow: its id and input. */

import type { RequestOrigin } from '#kernel/workflow/names.ts';
import type { BootstrapTiming } from '#onboarding/contract.ts';

/** `org-deletion-{orgId}`, as the existing frontend knows it. */
export const deletionWorkflowId = (orgId: string): string => `org-deletion-${orgId}`;

export interface OrganizationDeletionParams {
  organizationId: string;
  reason: string;
  origin: RequestOrigin;
  timing?: Partial<BootstrapTiming>;
}
