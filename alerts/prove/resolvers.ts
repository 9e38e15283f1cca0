import type { Stage } from './stage.ts';

/** Makes all resolvers fail, or none. */
export function resolvers({ stack }: Stage, fault: 'nxdomain' | 'none'): void {
  for (const index of stack.dns.resolvers.keys()) stack.dns.fault(index, fault);
}
