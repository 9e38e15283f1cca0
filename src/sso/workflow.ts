/** SSOConfigurationWorkflow: runs the steps of SSO_STEPS; undoes them in reverse when one fails. */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  log,
  patched,
  setHandler,
} from '@temporalio/workflow';
import { checkShape } from '#kernel/input/shape.ts';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { failureTypeOf, noteError, undo } from '#kernel/workflow/failures.ts';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import { Progress } from '#kernel/workflow/progress.ts';
import { Saga } from '#kernel/workflow/saga.ts';
import { SSO_CONFIGURATION_INPUT, TEST_VERDICT } from './contract/input.ts';
import type { SsoConfigurationResult } from './contract/standing.ts';
import {
  DEFAULT_SSO_TIMING,
  type GivenMetadata,
  MAX_TEST_WAIT_MS,
  type MetadataSource,
  SIGNAL_SSO_TEST,
  SSO_STEP_NAMES,
  type SsoConfigurationParams,
  type SsoState,
  type SsoStep,
  type SsoStepInput,
  type SsoTestVerdict,
  type SsoTiming,
  type ValidatedMetadata,
} from './contract.ts';
import { type SsoProxies, ssoProxies } from './proxies.ts';
import { SSO_FAILURE } from './rules.ts';

const testResult = defineSignal<[SsoTestVerdict]>(SIGNAL_SSO_TEST);

interface Run {
  params: SsoConfigurationParams;
  input: SsoStepInput;
  timing: SsoTiming;
  activities: SsoProxies;
  progress: Progress<SsoStep, Omit<SsoState, 'step' | 'steps'>>;
  saga: Saga;
  /** The first result counts; later ones are ignored. */
  verdict: SsoTestVerdict | undefined;
}

/**
 * Configures single sign-on: validates the metadata, configures the provider, lets a person test
 * the login, and activates it for the organization's verified domains. A failed or cancelled run
 * restores the provider, emits `sso.failed`, mails the same people, and rethrows.
 */
export async function SSOConfigurationWorkflow(
  given: SsoConfigurationParams,
): Promise<SsoConfigurationResult> {
  return whenAccepted(SSO_CONFIGURATION_INPUT, given, configureSso);
}

async function configureSso(params: SsoConfigurationParams): Promise<SsoConfigurationResult> {
  const run = setUp(params);
  try {
    const metadata = await validate(run);
    const providerId = await configure(run, metadata);
    await testFlow(run);
    return await complete(run, providerId);
  } catch (error) {
    return await settle(run, error);
  }
}

function setUp(params: SsoConfigurationParams): Run {
  const { organizationId: orgId, configurationId, origin } = params;
  const timing = { ...DEFAULT_SSO_TIMING, ...params.timing };
  const run: Run = {
    params,
    input: { orgId, origin, configurationId },
    timing,
    activities: ssoProxies(timing),
    progress: new Progress(SSO_STEP_NAMES, {
      orgId,
      configurationId,
      waitingForTest: false,
      warnings: [],
      domains: [],
      errors: [],
      compensating: false,
    }),
    saga: new Saga(),
    verdict: undefined,
  };
  setHandler(testResult, (verdict) => {
    if (isVerdict(verdict)) run.verdict ??= verdict;
    else log.warn('signal ignored: it has no verdict');
  });
  return run;
}

const sourceOf = (metadata: GivenMetadata): MetadataSource => ('xml' in metadata ? 'xml' : 'url');

function isVerdict(given: unknown): given is SsoTestVerdict {
  const { issues } = checkShape(TEST_VERDICT, given);
  return issues.length === 0;
}

function validate({ params, input, activities, progress }: Run): Promise<ValidatedMetadata> {
  const { metadata, domains } = params;
  return progress.step('validate_metadata', async () => {
    await activities.store.recordSSORequestActivity({
      ...input,
      source: sourceOf(metadata),
      domains: domains ?? null,
    });
    const validated = await activities.provider.validateIdPMetadataActivity({ ...input, metadata });
    progress.state.warnings = validated.warnings;
    return validated;
  });
}

/**
 * Reads the provider before changing it: a retry after the change could not read the former state.
 */
function configure(run: Run, { idp, xml }: ValidatedMetadata): Promise<string> {
  const { params, input, activities, progress, saga } = run;
  const { entityId } = idp;
  return progress.step('configure_provider', async () => {
    const former = await activities.provider.findSSOProviderActivity({ ...input, entityId });
    saga.add('restoreSSOProviderActivity', () =>
      activities.patient.restoreSSOProviderActivity({ ...input, former }),
    );
    return activities.provider.configureSSOProviderActivity({
      ...input,
      entityId,
      metadataXml: xml,
      source: sourceOf(params.metadata),
      former,
    });
  });
}

/** Sends the link and waits for the result from the callback. */
function testFlow(run: Run): Promise<void> {
  const { params, input, activities, progress, timing } = run;
  const waitMs = Math.min(timing.testWaitMs, MAX_TEST_WAIT_MS);
  return progress.step('test_flow', async () => {
    await activities.mail.requestSSOTestActivity({
      ...input,
      expiresAt: new Date(Date.now() + waitMs).toISOString(),
      ...(params.requesterEmail && { requesterEmail: params.requesterEmail }),
    });
    progress.state.waitingForTest = true;
    await condition(() => run.verdict !== undefined, waitMs);
    progress.state.waitingForTest = false;
    const assertionHash = passed(run.verdict);
    await activities.store.recordSSOTestActivity({ ...input, assertionHash });
  });
}

function passed(verdict: SsoTestVerdict | undefined): string {
  if (verdict?.passed) return verdict.assertionHash;
  throw verdict
    ? ApplicationFailure.nonRetryable(verdict.message, verdict.type)
    : ApplicationFailure.nonRetryable(
        'nobody followed the link of the test in time',
        SSO_FAILURE.testTimedOut,
      );
}

/** Not cancellable from here on: a half-done activation would be worse than a complete one. */
function complete(run: Run, providerId: string): Promise<SsoConfigurationResult> {
  const { params, input, activities, progress } = run;
  return CancellationScope.nonCancellable(async () => {
    const { state } = progress;
    state.domains = await progress.step('activate_sso', () =>
      activities.provider.activateSSOActivity({
        ...input,
        providerId,
        domains: params.domains ?? null,
        ...('url' in params.metadata && { metadataUrl: params.metadata.url }),
      }),
    );
    const { domains, warnings } = state;
    await progress.step('notify', () => notify(run, { kind: 'activated', domains, warnings }));
    const { orgId, configurationId, errors } = state;
    return { orgId, configurationId, providerId, domains, warnings, errors };
  });
}

/** A mail that cannot be sent does not fail the configuration; the state shows it. */
async function notify(
  { params, input, activities, progress }: Run,
  news: Parameters<SsoProxies['mail']['notifySSOActivity']>[0]['news'],
): Promise<void> {
  const { orgId, origin, configurationId } = input;
  try {
    await activities.mail.notifySSOActivity({
      orgId,
      origin,
      subjectId: configurationId,
      ...(params.requesterEmail && { requesterEmail: params.requesterEmail }),
      news,
    });
  } catch (error) {
    throwMistake(error);
    log.error('news could not be sent by e-mail', { error: String(error) });
    progress.state.errors.push('news could not be sent by e-mail');
  }
}

/**
 * Decides by the store what the end of a failed or cancelled run is: a run that a reset has started
 * again, after its configuration had ended, ends as before and undoes nothing.
 * @throws `error`, or ApplicationFailure SsoConfigurationOver when it had ended otherwise.
 */
async function settle(run: Run, error: unknown): Promise<SsoConfigurationResult> {
  throwMistake(error);
  noteError(run.progress.state, error);
  // Older runs undid what they had done themselves.
  const standing = patched('undo-by-the-store')
    ? await CancellationScope.nonCancellable(() =>
        run.activities.patient.ssoStandingActivity(run.input),
      )
    : undefined;
  if (standing?.kind === 'completed') return standing.result;
  if (standing?.kind === 'over') {
    throw ApplicationFailure.nonRetryable(standing.reason, SSO_FAILURE.over);
  }
  await recordFailure(run, error);
  throw error;
}

async function recordFailure(run: Run, error: unknown): Promise<void> {
  const { input, activities, progress, saga } = run;
  const { step: failureStage } = progress.state;
  const { outcome, errorMessage, pendingCleanup } = await undo(progress, saga, error);
  const cancelled = outcome === 'cancelled';
  await CancellationScope.nonCancellable(async () => {
    await activities.patient.recordSSOFailureActivity({
      ...input,
      outcome,
      failureStage,
      failureType: cancelled ? 'Cancelled' : failureTypeOf(error),
      errorMessage: cancelled ? 'the configuration was cancelled' : errorMessage,
      pendingCleanup,
    });
    const reason = cancelled ? 'it was cancelled' : errorMessage;
    await notify(run, { kind: 'failed', step: failureStage, reason });
  });
}
