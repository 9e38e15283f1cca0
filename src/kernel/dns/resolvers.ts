/** What public resolvers say of a domain, each asked by itself. */
import { Resolver } from 'node:dns/promises';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { ResolverAnswer, ResolverVerdict } from '#kernel/workflow/dnsCheck.ts';

export interface Resolvers {
  /**
   * Asks every configured resolver for the CNAME, A and AAAA records of `fqdn`, all at once.
   * @param target where a CNAME has to point; with a proxied record only addresses are visible.
   */
  check(fqdn: string, target: string): Promise<ResolverAnswer[]>;
}

type ResolverConfig = Pick<KernelWorkerConfig, 'DNS_RESOLVERS' | 'DNS_RESOLVER_TIMEOUT_MS'>;

/** The name, or records of this type, do not exist: an answer, where anything else is a failure. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

const sameName = (a: string, b: string): boolean =>
  a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '');

/** Records of one type; none when they do not exist. @throws when the resolver fails. */
async function records(lookup: Promise<string[]>): Promise<string[]> {
  try {
    return await lookup;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** A CNAME decides where there is one; any address will do where there is none. */
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
    // One per question: a Resolver keeps its answers' state, and a check is rare.
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
