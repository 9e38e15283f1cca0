/** SSODeactivationWorkflow: deactivates an organization's identity provider. */
import { log } from '@temporalio/workflow';
import { whenAccepted } from '#kernel/workflow/acceptedInput.ts';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import { SSO_DEACTIVATION_INPUT } from '../contract/input.ts';
import { DEFAULT_SSO_TIMING, type SsoDeactivationParams } from '../contract.ts';
import { ssoProxies } from '../proxies.ts';

/** @returns false when no configuration was active. */
export async function SSODeactivationWorkflow(given: SsoDeactivationParams): Promise<boolean> {
  return whenAccepted(SSO_DEACTIVATION_INPUT, given, deactivate);
}

async function deactivate(params: SsoDeactivationParams): Promise<boolean> {
  const { organizationId: orgId, origin, reason, requesterEmail } = params;
  const { patient, mail } = ssoProxies({ ...DEFAULT_SSO_TIMING, ...params.timing });
  const deactivated = await patient.deactivateSSOActivity({ orgId, origin, reason });
  if (!deactivated) return false;
  try {
    await mail.notifySSOActivity({
      orgId,
      origin,
      subjectId: `${orgId}-${Date.parse(origin.requestedAt)}`,
      ...(requesterEmail && { requesterEmail }),
      news: { kind: 'deactivated' },
    });
  } catch (error) {
    throwMistake(error);
    log.error('news could not be sent by e-mail', { error: String(error) });
  }
  return true;
}
