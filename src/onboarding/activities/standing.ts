/** Keeps the activities of a bootstrap from acting for one that has ended. */
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ActivityScope, Implementations } from '#kernel/temporal/activity.ts';
import type { StepInput } from '#kernel/workflow/names.ts';
import {
  type BootstrapStanding,
  type OnboardingActivities,
  ORGANIZATION_BOOTSTRAP,
} from '../contract.ts';
import { ONBOARDING_FAILURE } from '../rules.ts';
import type { OnboardingDeps } from './deps.ts';

type Kind = BootstrapStanding['kind'];
type Name = keyof OnboardingActivities;

const BEFORE_ACTIVATION: readonly Kind[] = ['open'];

/** When each activity may act. Those that are not named always may. */
const ALLOWED: Partial<Record<Name, readonly Kind[]>> = {
  createOrganizationActivity: BEFORE_ACTIVATION,
  configureDNSActivity: BEFORE_ACTIVATION,
  verifyDNSActivity: BEFORE_ACTIVATION,
  reportDNSTimeoutActivity: BEFORE_ACTIVATION,
  notifySupportActivity: BEFORE_ACTIVATION,
  skipDNSVerificationActivity: BEFORE_ACTIVATION,
  generateInvitationsActivity: BEFORE_ACTIVATION,
  sendInvitationEmailsActivity: BEFORE_ACTIVATION,
  recordInvitationEmailFailureActivity: BEFORE_ACTIVATION,
  activateOrganizationActivity: ['open', 'active'],
  // What is active or completed is never undone by its bootstrap.
  revokeInvitationsActivity: ['open', 'undoing'],
  removeDNSActivity: ['open', 'undoing'],
  deactivateOrganizationActivity: ['open', 'undoing'],
};

const WORDS: Record<Kind, string> = {
  open: 'the bootstrap is under way',
  undoing: 'the bootstrap is being undone',
  active: 'the organization is active already',
  completed: 'the bootstrap has completed already',
  over: 'the bootstrap has ended already',
};

/** The workflow whose activity this is. */
const workflow = () => {
  const { workflowType, workflowExecution } = Context.current().info;
  return { type: workflowType, id: workflowExecution?.workflowId ?? '' };
};

export const standingActivity = ({ standings }: OnboardingDeps) => ({
  bootstrapStandingActivity: ({ orgId }: StepInput): Promise<BootstrapStanding> =>
    standings.of(orgId, workflow().id),
});

/**
 * A run that was reset repeats activities that an earlier run has passed. Their events are found
 * again, but their calls to providers would be repeated, so each activity first asks the store. A
 * deletion uses some of the activities, too, and is not concerned.
 */
export function onlyWhileItCounts(
  { standings }: OnboardingDeps,
  implementations: Implementations<OnboardingActivities>,
): Implementations<OnboardingActivities> {
  const guarded = Object.entries(implementations).map(([name, implementation]) => {
    const allowed = ALLOWED[name as Name];
    if (!allowed) return [name, implementation];
    return [
      name,
      async (input: StepInput, scope: ActivityScope) => {
        const { type, id } = workflow();
        if (type === ORGANIZATION_BOOTSTRAP) {
          const { kind } = await standings.of(input.orgId, id);
          if (!allowed.includes(kind)) {
            throw ApplicationFailure.nonRetryable(WORDS[kind], ONBOARDING_FAILURE.bootstrapOver);
          }
        }
        return (implementation as (input: StepInput, scope: ActivityScope) => unknown)(
          input,
          scope,
        );
      },
    ];
  });
  return Object.fromEntries(guarded);
}
