/** The activities of the `bootstrap` task queue, by their registered names. */
import type { Activities } from '#domain/contracts.ts';
import { type ActivityScope, activity } from './activity.ts';
import type { ActivityDeps } from './deps.ts';
import { dnsActivities } from './dns.ts';
import { invitationActivities } from './invitation.ts';
import { organizationActivities } from './organization.ts';
import { organizationDomainActivities } from './organizationDomain.ts';
import { ssoActivities } from './sso.ts';
import { ssoNewsActivities } from './ssoNews.ts';
import { userInvitationActivities } from './userInvitation.ts';

export type { ActivityDeps } from './deps.ts';

type Implementation = (input: { orgId: string }, scope: ActivityScope) => Promise<unknown>;

export function createActivities(deps: ActivityDeps): Activities {
  const implementations = {
    ...organizationActivities(deps),
    ...dnsActivities(deps),
    ...invitationActivities(deps),
    ...userInvitationActivities(deps),
    ...ssoActivities(deps),
    ...ssoNewsActivities(deps),
    ...organizationDomainActivities(deps),
  };
  const registered = Object.entries(implementations).map(([name, implementation]) => [
    name,
    activity(deps.logger, implementation as Implementation),
  ]);
  return Object.fromEntries(registered) as Activities;
}
