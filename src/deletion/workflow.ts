/** OrganizationDeletionWorkflow: takes an organization out of service. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  executeChild,
  ParentClosePolicy,
  patched,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { pauseAfter } from '#kernel/workflow/dnsCheck.ts';
import { retryPolicies } from '#kernel/workflow/policies.ts';
import { inheritedSearchAttributes } from '#kernel/workflow/searchAttributes.ts';
import { DEFAULT_TIMING } from '#onboarding/contract/timing.ts';
import { ORGANIZATION_DELETION_INPUT } from './contract/input.ts';
import {
  type DeletionSteps,
  deletionWorkflowId,
  ORGANIZATION_DELETION,
  type OrganizationDeletionParams,
} from './contract.ts';

/** Pauses between two looks at what is still open; the last one repeats. */
const PAUSES_MS = [250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

/**
 * First lets nothing new begin, ends what is under way and waits for its end; then revokes pending
 * invitations, removes DNS record and single sign-on, releases domains, and deactivates the
 * organization. With `cascade` the organizations below it go first.
 */
export async function OrganizationDeletionWorkflow(
  given: OrganizationDeletionParams,
): Promise<void> {
  return whenAccepted(ORGANIZATION_DELETION_INPUT, given, deleteOrganization);
}

async function deleteOrganization(params: OrganizationDeletionParams): Promise<void> {
  const { organizationId: orgId, origin, reason, cascade } = params;
  const input = { orgId, origin, reason };
  const timing = { ...DEFAULT_TIMING, ...params.timing };
  const steps = proxyActivities<DeletionSteps>(
    retryPolicies(timing).patient(timing.compensationLimitMs),
  );
  await steps.initiateDeletionActivity({ ...input, ...(cascade && { cascade }) });
  // Older deletions neither waited for what was under way nor gave domains back.
  const waits = patched('deletion-waits');
  if (waits) {
    if (cascade) await deleteChildren(params, steps);
    for (let round = 1; (await steps.endRunsActivity(input)) > 0; round++) {
      await sleep(pauseAfter(round, PAUSES_MS));
    }
  }
  await steps.revokeInvitationsActivity(input);
  await steps.removeDNSActivity(input);
  // Runs from before single sign-on existed have nothing to deactivate.
  if (patched('sso-deactivation')) await steps.deactivateSSOActivity(input);
  if (waits) await steps.releaseDomainsActivity(input);
  await steps.deactivateOrganizationActivity(input);
}

/** Deletes the live organizations directly below, each with those below it, and waits for it. */
async function deleteChildren(
  params: OrganizationDeletionParams,
  steps: DeletionSteps,
): Promise<void> {
  const { organizationId: orgId, origin } = params;
  for (let round = 1; ; round++) {
    const children = await steps.findLiveChildrenActivity({ orgId, origin });
    if (children.length === 0) return;
    await Promise.all(children.map((child) => deleteChild(child, params)));
    // A child whose deletion somebody else has started may still be there.
    await sleep(pauseAfter(round, PAUSES_MS));
  }
}

async function deleteChild(
  organizationId: string,
  params: OrganizationDeletionParams,
): Promise<void> {
  try {
    await executeChild(ORGANIZATION_DELETION, {
      workflowId: deletionWorkflowId(organizationId),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: inheritedSearchAttributes(organizationId),
      args: [{ ...params, organizationId }],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
