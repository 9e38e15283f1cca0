/** The workflows of the `bootstrap` task queue, under their registered names. */
export { OrganizationBootstrapWorkflow } from './organizationBootstrap.ts';
export { OrganizationDeletionWorkflow } from './organizationDeletion.ts';
export { UserInvitationWorkflow } from './userInvitation.ts';
