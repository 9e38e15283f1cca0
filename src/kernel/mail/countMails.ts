/** Counts the results of sending mails. */
import { type ObserveCall, observed } from '#kernel/outbound/calls.ts';
import { isProviderError } from '#kernel/providerError.ts';
import { KERNEL_LABEL_VALUES } from '#kernel/telemetry/kernelMetrics.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { EmailProvider, Mail } from './mail.ts';

/** Observes each call of the mail server: a mail, with the wait for a connection, or a check. */
export const observeMails = (provider: EmailProvider, observe: ObserveCall): EmailProvider => ({
  send: (...args) => observed(observe, 'mail', 'send', () => provider.send(...args)),
  check: (signal) => observed(observe, 'mail', 'check', () => provider.check(signal)),
  close: () => provider.close(),
});

/** Counts attempts to send a mail, by kind and outcome. @param kinds all possible kinds. */
export function countMails(
  provider: EmailProvider,
  metrics: Metrics,
  kinds: readonly string[],
): EmailProvider {
  for (const kind of kinds) {
    for (const outcome of KERNEL_LABEL_VALUES.mail_outcome)
      metrics.inc('mails_total', { kind, outcome }, 0);
  }
  return {
    async send(mail: Mail, options) {
      const { kind } = mail;
      try {
        await provider.send(mail, options);
      } catch (error) {
        const unknown = isProviderError(error) && error.kind === 'unknown_outcome';
        metrics.inc('mails_total', { kind, outcome: unknown ? 'unknown' : 'failed' });
        throw error;
      }
      metrics.inc('mails_total', { kind, outcome: 'sent' });
    },
    check: (signal) => provider.check(signal),
    close: () => provider.close(),
  };
}
