/** SSOCertificateWatchWorkflow: one round over all certificates; a Temporal schedule starts it. */
import { log, workflowInfo } from '@temporalio/workflow';
import { throwMistake } from '#kernel/workflow/mistakes.ts';
import { DEFAULT_SSO_TIMING } from '../contract.ts';
import { ssoProxies } from '../proxies.ts';

/** @returns how many warnings were sent. A failed one is retried in the next round. */
export async function SSOCertificateWatchWorkflow(): Promise<number> {
  const { store, mail } = ssoProxies(DEFAULT_SSO_TIMING);
  const origin = { requestedAt: workflowInfo().startTime.toISOString(), source: 'schedule' };
  const due = await store.findExpiringCertificatesActivity({ origin });
  let warned = 0;
  for (const warning of due) {
    try {
      await mail.warnOfCertificateExpiryActivity(warning);
      warned++;
    } catch (error) {
      throwMistake(error);
      log.error('a certificate’s end could not be told', {
        configuration_id: warning.configurationId,
        error: String(error),
      });
    }
  }
  return warned;
}
