/** Counts what the mail server answers. */
import { LABEL_VALUES } from '#kernel/telemetry/metricCatalogue.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { EmailProvider, Mail } from './emailProvider.ts';

/** Attempts to hand over a mail, by kind and outcome. */
export function countMails(provider: EmailProvider, metrics: Metrics): EmailProvider {
  for (const kind of LABEL_VALUES.mail_kind) {
    for (const outcome of LABEL_VALUES.mail_outcome)
      metrics.inc('mails_total', { kind, outcome }, 0);
  }
  return {
    async send(mail: Mail) {
      const { kind } = mail;
      try {
        await provider.send(mail);
      } catch (error) {
        metrics.inc('mails_total', { kind, outcome: 'failed' });
        throw error;
      }
      metrics.inc('mails_total', { kind, outcome: 'sent' });
    },
    close: () => provider.close(),
  };
}
