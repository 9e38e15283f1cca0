/** Looks up a domain at several public resolvers, independently of each other. */
import { BlockList, isIPv6 } from 'node:net';
import { type ObserveCall, unobserved } from '#kernel/outbound/calls.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { ResolverAnswer, ResolverVerdict } from '#kernel/workflow/dnsCheck.ts';
import { type Answer, lookUpAt, siblingOf } from './lookup.ts';

/** What was configured, as far as resolvers can see it. */
export interface ExpectedAnswer {
  /** Where the CNAME points. */
  target: string;
  /** Ranges (CIDR) of the proxy's addresses, which hide the CNAME; none when nothing is proxied. */
  proxyRanges: readonly string[];
}

export interface Resolvers {
  /**
   * Asks every configured resolver for `fqdn`, all at once. `found` is the CNAME that was
   * configured or, where none is visible, addresses of the proxy or of the target; unless a name
   * that nobody made has the same ones, which is what a wildcard gives.
   */
  check(fqdn: string, expected: ExpectedAnswer): Promise<ResolverAnswer[]>;
}

type ResolverConfig = Pick<KernelWorkerConfig, 'DNS_RESOLVERS' | 'DNS_RESOLVER_TIMEOUT_MS'>;

interface Seen {
  cname: Answer;
  addresses: Answer;
  ofTarget: Answer;
  ofSibling: Answer;
}

const sameName = (a: string, b: string): boolean =>
  a.toLowerCase().replace(/\.$/, '') === b.toLowerCase().replace(/\.$/, '');

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), familyOf(network));
  }
  return list;
}

/** Addresses prove a record only when they are all ours, and no name beside it has one of them. */
function judgeAddresses(addresses: string[], seen: Seen, proxy: BlockList): ResolverVerdict {
  const { ofTarget, ofSibling } = seen;
  const isProxied = addresses.every((address) => proxy.check(address, familyOf(address)));
  if (!isProxied) {
    if (ofTarget === undefined) return 'error';
    if (!addresses.every((address) => ofTarget.includes(address))) return 'mismatch';
  }
  if (ofSibling === undefined) return 'error';
  return addresses.some((address) => ofSibling.includes(address)) ? 'mismatch' : 'found';
}

function judge(seen: Seen, target: string, proxy: BlockList): ResolverVerdict {
  const { cname, addresses } = seen;
  if (cname && cname.length > 0)
    return cname.some((name) => sameName(name, target)) ? 'found' : 'mismatch';
  if (addresses && addresses.length > 0) return judgeAddresses(addresses, seen, proxy);
  return cname && addresses ? 'not_found' : 'error';
}

/** @param observe told of each lookup. */
export function createResolvers(
  config: ResolverConfig,
  observe: ObserveCall = unobserved,
): Resolvers {
  async function ask(server: string, fqdn: string, target: string, proxy: BlockList) {
    const at = lookUpAt(server, config.DNS_RESOLVER_TIMEOUT_MS, observe);
    // All at once, so that a check takes no longer than one lookup.
    const [cname, addresses, ofTarget, ofSibling] = await Promise.all([
      at.cname(fqdn),
      at.addresses(fqdn),
      at.addresses(target),
      at.addresses(siblingOf(fqdn)),
    ]);
    const seen = { cname, addresses, ofTarget, ofSibling };
    return { resolver: server, verdict: judge(seen, target, proxy) };
  }

  return {
    check(fqdn, { target, proxyRanges }) {
      const proxy = listOf(proxyRanges);
      return Promise.all(config.DNS_RESOLVERS.map((server) => ask(server, fqdn, target, proxy)));
    },
  };
}
