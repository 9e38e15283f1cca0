/** Looks up TXT records at several public resolvers, independently of each other. */
import { type ObserveCall, unobserved } from '#kernel/outbound/calls.ts';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { ResolverAnswer, ResolverVerdict } from '#kernel/workflow/dnsCheck.ts';
import { lookUpAt, siblingOf } from './lookup.ts';

export interface TxtResolvers {
  /**
   * Asks every configured resolver whether `name` has a TXT record with the text `value`. A
   * wildcard's record is not one of that name.
   */
  check(name: string, value: string): Promise<ResolverAnswer[]>;
}

type ResolverConfig = Pick<KernelWorkerConfig, 'DNS_RESOLVERS' | 'DNS_RESOLVER_TIMEOUT_MS'>;

/** @param observe told of each lookup. */
export function createTxtResolvers(
  config: ResolverConfig,
  observe: ObserveCall = unobserved,
): TxtResolvers {
  async function verdictOf(server: string, name: string, value: string): Promise<ResolverVerdict> {
    const at = lookUpAt(server, config.DNS_RESOLVER_TIMEOUT_MS, observe);
    const [texts, ofSibling] = await Promise.all([at.texts(name), at.texts(siblingOf(name))]);
    if (!texts) return 'error';
    if (texts.length === 0) return 'not_found';
    if (!texts.includes(value)) return 'mismatch';
    if (!ofSibling) return 'error';
    return ofSibling.includes(value) ? 'mismatch' : 'found';
  }

  return {
    check: (name, value) =>
      Promise.all(
        config.DNS_RESOLVERS.map(async (resolver) => ({
          resolver,
          verdict: await verdictOf(resolver, name, value),
        })),
      ),
  };
}
