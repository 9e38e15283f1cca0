/** The list of families: what worker, API and tools assemble. */

import type { InvitationActivities } from '#invitation/contract.ts';
import { TASK_QUEUE_BOOTSTRAP, TASK_QUEUE_USERS } from '#kernel/queues.ts';
import type { BootstrapActivities } from '#onboarding/contract.ts';
import type { SsoActivities } from '#sso/contract.ts';

export const WORKFLOW = {
  organizationBootstrap: 'OrganizationBootstrapWorkflow',
  organizationDeletion: 'OrganizationDeletionWorkflow',
  userInvitation: 'UserInvitationWorkflow',
  ssoConfiguration: 'SSOConfigurationWorkflow',
  ssoDeactivation: 'SSODeactivationWorkflow',
  domainVerification: 'DomainVerificationWorkflow',
} as const;

export type WorkflowType = (typeof WORKFLOW)[keyof typeof WORKFLOW];

/** The queue that each workflow runs on. */
export const TASK_QUEUE_OF: Record<WorkflowType, string> = {
  OrganizationBootstrapWorkflow: TASK_QUEUE_BOOTSTRAP,
  OrganizationDeletionWorkflow: TASK_QUEUE_BOOTSTRAP,
  UserInvitationWorkflow: TASK_QUEUE_USERS,
  SSOConfigurationWorkflow: TASK_QUEUE_USERS,
  SSODeactivationWorkflow: TASK_QUEUE_USERS,
  DomainVerificationWorkflow: TASK_QUEUE_USERS,
};

/** Every activity of both queues; a worker registers all of them. */
export type Activities = BootstrapActivities & InvitationActivities & SsoActivities;
