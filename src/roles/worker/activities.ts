/** The activities of the `bootstrap` task queue, by their registered names. */

import { organizationDomainActivities } from '#domainClaim/activities.ts';
import type { Activities } from '#families.ts';
import { userInvitationActivities } from '#invitation/activities.ts';
import { type ActivityScope, activity } from '#kernel/temporal/activity.ts';
import { dnsActivities } from '#onboarding/dnsActivities.ts';
import { invitationActivities } from '#onboarding/invitationActivities.ts';
import { organizationActivities } from '#onboarding/organizationActivities.ts';
import { ssoActivities } from '#sso/activities.ts';
import { ssoNewsActivities } from '#sso/newsActivities.ts';
import type { ActivityDeps } from './deps.ts';

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
