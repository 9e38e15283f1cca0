/** The workflows of the `bootstrap` task queue, under their registered names. */
export { DomainVerificationWorkflow } from './domainVerification.ts';
export { OrganizationBootstrapWorkflow } from './organizationBootstrap.ts';
export { OrganizationDeletionWorkflow } from './organizationDeletion.ts';
export { SSOCertificateWatchWorkflow } from './ssoCertificateWatch.ts';
export { SSOConfigurationWorkflow } from './ssoConfiguration.ts';
export { SSODeactivationWorkflow } from './ssoDeactivation.ts';
export { UserInvitationWorkflow } from './userInvitation.ts';
