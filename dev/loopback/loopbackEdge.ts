/** What stands before the API in production and ends TLS: an ingress, with an authority of its own. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';

export interface LoopbackEdge {
  /** Address of the API over TLS. */
  url: string;
  /** PEM file of the authority that signs its certificates, for those who should trust them. */
  certificateFile: string;
  /** Shows another certificate from now on. @param days until it ends. */
  renew(days: number): Promise<void>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 365;
/** Type of an alternative name that is an IP address (RFC 5280). */
const IP = 7;

const lasting = (days: number) => ({
  algorithm: 'sha256',
  notAfterDate: new Date(Date.now() + days * DAY_MS),
});

/**
 * @param options.upstream port of the API. @param options.days until the certificate ends.
 * @param options.folder gets the file of the authority.
 */
export async function startLoopbackEdge(options: {
  upstream: number;
  days: number;
  folder: string;
}): Promise<LoopbackEdge> {
  const authority = await generate([{ name: 'commonName', value: 'loopback authority' }], {
    ...lasting(AUTHORITY_DAYS),
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  async function certificate(days: number) {
    const { private: key, cert } = await generate([{ name: 'commonName', value: HOST }], {
      ...lasting(days),
      extensions: [{ name: 'subjectAltName', altNames: [{ type: IP, ip: HOST }] }],
      ca: { key: authority.private, cert: authority.cert },
    });
    return { key, cert };
  }
  const server = createServer(await certificate(options.days), (socket) => {
    const upstream = connect(options.upstream, HOST);
    socket.pipe(upstream).pipe(socket);
    // Who hangs up ends the other side, too.
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await once(server.listen(0, HOST), 'listening');
  const { port } = server.address() as AddressInfo;
  const certificateFile = path.join(options.folder, `edge-${port}.pem`);
  await writeFile(certificateFile, authority.cert);
  return {
    url: `https://${HOST}:${port}`,
    certificateFile,
    renew: async (days) => server.setSecureContext(await certificate(days)),
    async stop() {
      server.close();
    },
  };
}
