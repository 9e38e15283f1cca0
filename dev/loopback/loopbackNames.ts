/** The platform's names on loopback: the DNS, and the Cloudflare API that writes into it. */
import { type LoopbackCloudflare, startLoopbackCloudflare } from './loopbackCloudflare.ts';
import { type LoopbackDns, startLoopbackDns } from './loopbackDns.ts';

export interface LoopbackNames {
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  stop(): Promise<void>;
}

/** Free ports of 127.0.0.1, unless it is told others. */
export async function startLoopbackNames(options: {
  zone: string;
  /** What customers' names point to. */
  target: string;
  /** For the Cloudflare API. */
  token: string;
  host?: string;
  dnsPorts?: number[];
  cloudflarePort?: number;
}): Promise<LoopbackNames> {
  const { zone, target, token, host, dnsPorts, cloudflarePort } = options;
  const place = { ...(host && { host }) };
  const dns = await startLoopbackDns({ ...place, ...(dnsPorts && { ports: dnsPorts }) });
  // The target is the platform's own record: it is there before any organization.
  dns.set('target', [{ name: target, type: 'A', value: '192.0.2.1' }]);
  const cloudflare = await startLoopbackCloudflare({
    ...place,
    zoneName: zone,
    token,
    dns,
    ...(cloudflarePort && { port: cloudflarePort }),
  });
  return {
    dns,
    cloudflare,
    async stop() {
      await cloudflare.stop();
      await dns.stop();
    },
  };
}
