/** The workflows of the `bootstrap` task queue, under their registered names. */

export { OrganizationDeletionWorkflow } from './deletion/workflow.ts';
export { DomainVerificationWorkflow } from './domainClaim/workflow.ts';
export { UserInvitationWorkflow } from './invitation/workflow.ts';
export { OrganizationBootstrapWorkflow } from './onboarding/workflow.ts';
export { SSOCertificateWatchWorkflow } from './sso/certificates/workflow.ts';
export { SSODeactivationWorkflow } from './sso/deactivationWorkflow.ts';
export { SSOConfigurationWorkflow } from './sso/workflow.ts';
