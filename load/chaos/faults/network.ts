/** Faults of connections: every link, in every way that it can break. */
import type { RoleName } from '#dev/embedded/processes.ts';
import type { TcpProxy } from '#dev/loopback/tcpProxy.ts';
import type { ServerName } from '../links.ts';
import type { Fault, Heal } from './fault.ts';

const LATENCY_MS = 300;

type Break = (proxy: TcpProxy) => Promise<Heal>;

const BREAKS: Record<string, Break> = {
  async cut(proxy) {
    await proxy.close();
    return () => proxy.open();
  },
  async 'black-hole'(proxy) {
    proxy.blackHole();
    return async () => proxy.heal();
  },
  /** Requests arrive, answers do not. */
  async deaf(proxy) {
    proxy.blackHole(['down']);
    return async () => proxy.heal();
  },
  async slow(proxy) {
    proxy.latency(LATENCY_MS);
    proxy.cut();
    return async () => {
      proxy.latency(0);
      proxy.cut();
    };
  },
  async 'half-closed'(proxy) {
    proxy.halfClose('down');
    return async () => {};
  },
};

const LINKS: readonly [RoleName, ServerName][] = [
  ['api', 'postgres'],
  ['api', 'temporal'],
  ['api', 'supabase'],
  ['worker', 'postgres'],
  ['worker', 'temporal'],
  ['worker', 'smtp'],
  ['worker', 'cloudflare'],
  ['worker', 'supabase'],
];

export const NETWORK_FAULTS: readonly Fault[] = LINKS.flatMap(([role, server]) =>
  Object.entries(BREAKS).map(
    ([how, breakLink]): Fault => ({
      name: `${how}-${role}-${server}`,
      core: how === 'black-hole' && role === 'worker' && server === 'postgres',
      part: `${role}-${server}`,
      momentary: how === 'half-closed',
      inject(arena) {
        const link = arena.links.all.find((one) => one.role === role && one.server === server)!;
        return breakLink(link.proxy);
      },
    }),
  ),
);
