/** OrganizationBootstrapWorkflow: runs the steps of BOOTSTRAP_STEPS; undoes them when one fails. */
import {
  ApplicationFailure,
  isCancellation,
  patched,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { messageOf } from '#kernel/workflow/failures.ts';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import { Progress } from '#kernel/workflow/progress.ts';
import { Saga } from '#kernel/workflow/saga.ts';
import { BOOTSTRAP_INPUT } from './contract/input.ts';
import { DEFAULT_TIMING, MAX_PROPAGATION_WAIT_MS } from './contract/timing.ts';
import {
  BOOTSTRAP_STEP_NAMES,
  type OrganizationBootstrapParams,
  type OrganizationBootstrapResult,
  orgIdOfBootstrap,
} from './contract.ts';
import { proxies } from './proxies.ts';
import { ONBOARDING_FAILURE } from './rules.ts';
import { verifyDns } from './workflow/dnsVerification.ts';
import { afterActivation, finish, settle } from './workflow/ending.ts';
import { organizationIdOfRun } from './workflow/organizationId.ts';
import type { Run } from './workflow/run.ts';
import { undoLater } from './workflow/undoing.ts';

/**
 * Bootstraps an organization: creates it, configures and verifies its DNS, invites its users and
 * activates it. A failed or cancelled run undoes what it did, emits `organization.bootstrap.failed`
 * or `.cancelled`, and rethrows, so that Temporal shows it as failed or cancelled. From the
 * activation on it cannot be cancelled. A reset run undoes nothing that has ended.
 */
export async function OrganizationBootstrapWorkflow(
  given: OrganizationBootstrapParams,
): Promise<OrganizationBootstrapResult> {
  return whenAccepted(BOOTSTRAP_INPUT, given, bootstrap);
}

async function bootstrap(
  params: OrganizationBootstrapParams,
): Promise<OrganizationBootstrapResult> {
  const run = setUp(params);
  try {
    await createOrganization(run);
    if (params.subdomain) await provisionDns(run, params.subdomain);
    else skipDns(run);
    await invite(run);
    return await afterActivation(async () => {
      await activate(run);
      return finish(run);
    });
  } catch (error) {
    return await settle(run, error);
  }
}

function setUp(params: OrganizationBootstrapParams): Run {
  const { workflowId, startTime } = workflowInfo();
  // The API sets all of these; the defaults are for runs started with the Temporal CLI.
  const orgId = params.organizationId ?? orgIdOfBootstrap(workflowId) ?? organizationIdOfRun();
  const origin = params.origin ?? { requestedAt: startTime.toISOString(), source: 'cli' };
  const timing = { ...DEFAULT_TIMING, ...params.timing };
  return {
    params,
    input: { orgId, origin },
    timing,
    activities: proxies(timing),
    progress: new Progress(BOOTSTRAP_STEP_NAMES, {
      orgId,
      errors: [],
      domain: null,
      dnsConfigured: false,
      invitationsSent: 0,
      dns: { attempts: 0, waitingForPerson: false },
      compensating: false,
    }),
    saga: new Saga(),
    invitationIds: [],
  };
}

async function createOrganization(run: Run): Promise<void> {
  const { params, input, activities, progress } = run;
  undoLater(run, 'create_organization');
  const { orgData, subdomain } = params;
  await progress.step('create_organization', () =>
    activities.store.createOrganizationActivity({
      ...input,
      orgData,
      ...(subdomain && { subdomain }),
    }),
  );
}

async function provisionDns(run: Run, subdomain: string): Promise<void> {
  const { input, activities, progress, timing } = run;
  undoLater(run, 'configure_dns');
  const { fqdn } = await progress.step('configure_dns', () =>
    activities.dns.configureDNSActivity({ ...input, subdomain }),
  );
  progress.state.domain = fqdn;
  progress.state.dnsConfigured = true;
  // Runs from before verification existed have neither the timer nor the lookups.
  if (patched('dns-verification')) {
    await progress.step('wait_for_propagation', () =>
      sleep(Math.min(timing.propagationWaitMs, MAX_PROPAGATION_WAIT_MS)),
    );
    await progress.step('verify_dns', () =>
      verifyDns({ fqdn, input, activities, timing, progress }),
    );
  }
}

function skipDns({ progress }: Run): void {
  progress.skip('configure_dns');
  progress.skip('wait_for_propagation');
  progress.skip('verify_dns');
}

async function invite(run: Run): Promise<void> {
  const { params, input, activities, progress } = run;
  undoLater(run, 'generate_invitations');
  const ttlMs = params.invitations?.timing?.ttlMs;
  const invitations = await progress.step('generate_invitations', () =>
    activities.store.generateInvitationsActivity({
      ...input,
      users: params.users,
      ...(ttlMs !== undefined && { ttlMs }),
    }),
  );
  run.invitationIds = invitations.map(({ invitationId }) => invitationId);
  await progress.step('send_invitation_emails', async () => {
    const sent = await Promise.all(
      run.invitationIds.map((invitationId) => sendEmail(run, invitationId)),
    );
    progress.state.invitationsSent = sent.filter(Boolean).length;
    if (progress.state.invitationsSent === 0) {
      throw ApplicationFailure.nonRetryable(
        'no invitation e-mail could be delivered',
        ONBOARDING_FAILURE.allEmailsFailed,
      );
    }
  });
}

/** Sends one mail with its own retries; a permanent failure is recorded and the run continues. */
async function sendEmail(run: Run, invitationId: string): Promise<boolean> {
  const { input, activities, progress } = run;
  try {
    await activities.mail.sendInvitationEmailsActivity({ ...input, invitationId });
    return true;
  } catch (error) {
    throwMistake(error);
    if (isCancellation(error)) throw error;
    const reason = messageOf(error);
    progress.state.errors.push(`invitation ${invitationId}: ${reason}`);
    await activities.store.recordInvitationEmailFailureActivity({ ...input, invitationId, reason });
    return false;
  }
}

async function activate({ input, activities, progress }: Run): Promise<void> {
  const { invitationsSent } = progress.state;
  await progress.step('activate_organization', () =>
    activities.store.activateOrganizationActivity({ ...input, invitationsSent }),
  );
}
