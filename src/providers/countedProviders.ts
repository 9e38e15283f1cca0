/** Counts what providers answer, once each, where the answer arrives. */
import { LABEL_VALUES } from '#telemetry/metricCatalogue.ts';
import type { Metrics } from '#telemetry/metrics.ts';
import type { EmailProvider, Mail } from './emailProvider.ts';
import type { Resolvers } from './resolvers.ts';

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

/** Answers of each resolver; they are numbered, because an address is no label. */
export function countLookups(resolvers: Resolvers, servers: string[], metrics: Metrics): Resolvers {
  const numberOf = (server: string) => String(servers.indexOf(server) + 1);
  for (const server of servers) {
    for (const result of LABEL_VALUES.resolver_result) {
      metrics.inc('dns_verification_lookups_total', { resolver: numberOf(server), result }, 0);
    }
  }
  return {
    async check(fqdn, target) {
      const answers = await resolvers.check(fqdn, target);
      for (const { resolver, verdict: result } of answers) {
        metrics.inc('dns_verification_lookups_total', { resolver: numberOf(resolver), result });
      }
      return answers;
    },
  };
}
