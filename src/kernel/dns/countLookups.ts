/** Counts the results of each resolver. */
import { KERNEL_LABEL_VALUES } from '#kernel/telemetry/kernelMetrics.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';
import type { Resolvers } from './resolvers.ts';

/** Counts results by the resolver's number, because an address is not allowed as a label. */
export function countLookups(resolvers: Resolvers, servers: string[], metrics: Metrics): Resolvers {
  const numberOf = (server: string) => String(servers.indexOf(server) + 1);
  for (const server of servers) {
    for (const result of KERNEL_LABEL_VALUES.resolver_result) {
      metrics.inc('dns_verification_lookups_total', { resolver: numberOf(server), result }, 0);
    }
  }
  return {
    async check(fqdn, expected) {
      const answers = await resolvers.check(fqdn, expected);
      for (const { resolver, verdict: result } of answers) {
        metrics.inc('dns_verification_lookups_total', { resolver: numberOf(resolver), result });
      }
      return answers;
    },
  };
}
