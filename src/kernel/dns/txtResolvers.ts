/** Looks up TXT records at several public resolvers, independently of each other. */
import { Resolver } from 'node:dns/promises';
import type { KernelWorkerConfig } from '#kernel/settings/kernelSettings.ts';
import type { ResolverAnswer, ResolverVerdict } from '#kernel/workflow/dnsCheck.ts';

export interface TxtResolvers {
  /** Asks every configured resolver whether `name` has a TXT record with the text `value`. */
  check(name: string, value: string): Promise<ResolverAnswer[]>;
}

type ResolverConfig = Pick<KernelWorkerConfig, 'DNS_RESOLVERS' | 'DNS_RESOLVER_TIMEOUT_MS'>;

/** Codes for "no such name" and "no such record": a valid answer. Other codes are failures. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

export function createTxtResolvers(config: ResolverConfig): TxtResolvers {
  async function verdictOf(server: string, name: string, value: string): Promise<ResolverVerdict> {
    const resolver = new Resolver({ timeout: config.DNS_RESOLVER_TIMEOUT_MS, tries: 1 });
    resolver.setServers([server]);
    try {
      // A record consists of chunks of at most 255 bytes, which must be joined.
      const texts = (await resolver.resolveTxt(name)).map((chunks) => chunks.join(''));
      return texts.some((text) => text.trim() === value) ? 'found' : 'mismatch';
    } catch (error) {
      return ABSENT.has((error as NodeJS.ErrnoException).code ?? '') ? 'not_found' : 'error';
    }
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
