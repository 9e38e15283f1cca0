/** Looks up a domain at several public resolvers, independently of each other. */
import { Resolver } from 'node:dns/promises';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { ResolverAnswer, ResolverVerdict } from '#kernel/workflow/dnsCheck.ts';

export interface Resolvers {
  /**
   * Asks every configured resolver for the CNAME, A and AAAA records of `fqdn`, all at once.
   * @param target required target of a CNAME; of a proxied record only addresses are visible.
   */
  check(fqdn: string, target: string): Promise<ResolverAnswer[]>;
}

type ResolverConfig = Pick<KernelWorkerConfig, 'DNS_RESOLVERS' | 'DNS_RESOLVER_TIMEOUT_MS'>;

/** Codes for "no such name" and "no such record": a valid answer. Other codes are failures. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

const sameName = (a: string, b: string): boolean =>
  a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '');

/** Records of one type; empty when there are none. @throws when the resolver fails. */
async function records(lookup: Promise<string[]>): Promise<string[]> {
  try {
    return await lookup;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** If there is a CNAME, its target decides. Without one, any address is enough. */
function judge(
  cname: PromiseSettledResult<string[]>,
  addresses: PromiseSettledResult<string[]>[],
  target: string,
): ResolverVerdict {
  const names = cname.status === 'fulfilled' ? cname.value : [];
  if (names.length > 0) return names.some((name) => sameName(name, target)) ? 'found' : 'mismatch';
  if (addresses.some((answer) => answer.status === 'fulfilled' && answer.value.length > 0))
    return 'found';
  const failed = [cname, ...addresses].some((answer) => answer.status === 'rejected');
  return failed ? 'error' : 'not_found';
}

export function createResolvers(config: ResolverConfig): Resolvers {
  async function ask(server: string, fqdn: string, target: string): Promise<ResolverAnswer> {
    // A new Resolver for each check, because a Resolver keeps state; checks are rare.
    const resolver = new Resolver({ timeout: config.DNS_RESOLVER_TIMEOUT_MS, tries: 1 });
    resolver.setServers([server]);
    const [cname, ...addresses] = await Promise.allSettled([
      records(resolver.resolveCname(fqdn)),
      records(resolver.resolve4(fqdn)),
      records(resolver.resolve6(fqdn)),
    ]);
    return { resolver: server, verdict: judge(cname!, addresses, target) };
  }

  return {
    check: (fqdn, target) =>
      Promise.all(config.DNS_RESOLVERS.map((server) => ask(server, fqdn, target))),
  };
}
