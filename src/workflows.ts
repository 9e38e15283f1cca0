/** The workflows of all task queues, exported under their registered names. */

export { SSOCertificateWatchWorkflow } from '#sso/workflow/certificateWatch.ts';
export { SSODeactivationWorkflow } from '#sso/workflow/deactivation.ts';
export { OrganizationDeletionWorkflow } from './deletion/workflow.ts';
export { DomainVerificationWorkflow } from './domainClaim/workflow.ts';
export { UserInvitationWorkflow } from './invitation/workflow.ts';
export { OrganizationBootstrapWorkflow } from './onboarding/workflow.ts';
export { SSOConfigurationWorkflow } from './sso/workflow.ts';
