/** DNS and the Cloudflare API on loopback; the API writes its records into the DNS. */
import { type LoopbackCloudflare, startLoopbackCloudflare } from './loopbackCloudflare.ts';
import { type LoopbackDns, startLoopbackDns } from './loopbackDns.ts';

export interface LoopbackNames {
  dns: LoopbackDns;
  cloudflare: LoopbackCloudflare;
  stop(): Promise<void>;
}

/** By default on free ports of 127.0.0.1. */
export async function startLoopbackNames(options: {
  zone: string;
  /** The name to which the CNAMEs of customers point. */
  target: string;
  /** API token of the Cloudflare API. */
  token: string;
  host?: string;
  dnsPorts?: number[];
  cloudflarePort?: number;
}): Promise<LoopbackNames> {
  const { zone, target, token, host, dnsPorts, cloudflarePort } = options;
  const place = { ...(host && { host }) };
  const dns = await startLoopbackDns({ ...place, ...(dnsPorts && { ports: dnsPorts }) });
  // The target is a record of the platform itself: it exists before any organization.
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
