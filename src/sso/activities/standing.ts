/** Keeps the activities of a configuration from acting for one that has ended, or is another's. */
import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityScope, Implementations } from '#kernel/temporal/activity.ts';
import { FAILURE } from '#kernel/workflow/failureTypes.ts';
import type { SsoStanding } from '../contract/standing.ts';
import type { DeactivateSsoInput, SsoActivities, SsoStepInput } from '../contract.ts';
import { SSO_FAILURE, SSO_UNDER_WAY } from '../rules.ts';
import type { SsoConfiguration } from '../store.ts';
import type { SsoDeps } from './deps.ts';

type Name = keyof SsoActivities;

const OVER = 'the configuration has ended before';
const ANOTHERS = 'the configuration is of another organization';

/** The steps of a configuration, and what undoes them. */
const STEPS: readonly Name[] = [
  'recordSSORequestActivity',
  'validateIdPMetadataActivity',
  'findSSOProviderActivity',
  'configureSSOProviderActivity',
  'requestSSOTestActivity',
  'recordSSOTestActivity',
  'activateSSOActivity',
  'restoreSSOProviderActivity',
  'recordSSOFailureActivity',
];

const isUnderWay = ({ status }: SsoConfiguration): boolean =>
  (SSO_UNDER_WAY as readonly string[]).includes(status);

function standingOf(found: SsoConfiguration | undefined): SsoStanding {
  if (!found || isUnderWay(found)) return { kind: 'open' };
  const { orgId, configurationId, providerId, domains, warnings, activatedAt, error } = found;
  if (activatedAt === null || providerId === null) {
    return { kind: 'over', reason: error ? `${OVER}: ${error}` : OVER };
  }
  const result = { orgId, configurationId, providerId, domains, errors: [] };
  return { kind: 'completed', result: { ...result, warnings: warnings as string[] } };
}

const isAnothers = (found: SsoConfiguration | undefined, { orgId }: SsoStepInput): boolean =>
  found !== undefined && found.orgId !== orgId;

export const standingActivity = ({ ssoConfigurations }: SsoDeps) => ({
  async ssoStandingActivity(input: SsoStepInput): Promise<SsoStanding> {
    const found = await ssoConfigurations.configuration(input.configurationId);
    // How another organization's configuration stands is no result of this run: it just fails.
    return standingOf(isAnothers(found, input) ? undefined : found);
  },
});

type Work = (input: never, scope: ActivityScope) => Promise<unknown>;

/**
 * A run that was reset repeats activities that an earlier run has passed. Its provider may belong to
 * a later configuration by then, so each activity first asks the store. A run that was started by
 * hand may name another organization's configuration: it does nothing to it, and leaves no event.
 */
export function onlyWhileItCounts(
  { ssoConfigurations }: SsoDeps,
  implementations: Implementations<SsoActivities>,
): Implementations<SsoActivities> {
  const guardedStep =
    (name: Name, work: Work) => async (input: SsoStepInput, scope: ActivityScope) => {
      const found = await ssoConfigurations.configuration(input.configurationId);
      if (isAnothers(found, input)) {
        if (name === 'recordSSOFailureActivity') return undefined;
        throw ApplicationFailure.nonRetryable(ANOTHERS, FAILURE.invalidInput);
      }
      if (!found || isUnderWay(found)) {
        const isMade =
          name === 'findSSOProviderActivity' &&
          found !== undefined &&
          (await ssoConfigurations.hasMadeProvider(found.configurationId));
        // What an earlier run of this configuration has made is not what was there before it.
        return isMade ? null : work(input as never, scope);
      }
      if (name === 'recordSSOFailureActivity') return undefined;
      // A retry, after the event was stored.
      if (name === 'activateSSOActivity' && found.status === 'active') return found.domains;
      throw ApplicationFailure.nonRetryable(OVER, SSO_FAILURE.over);
    };
  /** A deactivation ends what there was when it was asked for, and nothing later. */
  const guardedDeactivation =
    (work: Work) => async (input: DeactivateSsoInput, scope: ActivityScope) => {
      const latest = await ssoConfigurations.latest(input.orgId);
      const requestedAt = latest && (await ssoConfigurations.requestedAt(latest.configurationId));
      if (requestedAt && requestedAt > input.origin.requestedAt) return false;
      return work(input as never, scope);
    };
  const guarded = Object.entries(implementations).map(([key, implementation]) => {
    const name = key as Name;
    const work = implementation as Work;
    if (name === 'deactivateSSOActivity') return [name, guardedDeactivation(work)];
    return [name, STEPS.includes(name) ? guardedStep(name, work) : work];
  });
  return Object.fromEntries(guarded);
}
