/** What stands before the API in production and ends TLS: an ingress, with a certificate of its own. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';

export interface LoopbackEdge {
  /** Address of the API over TLS. */
  url: string;
  /** PEM file of the certificate, for those who should trust it. */
  certificateFile: string;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const DAY_MS = 86_400_000;
/** Type of an alternative name that is an IP address (RFC 5280). */
const IP = 7;

/**
 * @param options.upstream port of the API. @param options.days until the certificate ends.
 * @param options.folder gets the file of the certificate.
 */
export async function startLoopbackEdge(options: {
  upstream: number;
  days: number;
  folder: string;
}): Promise<LoopbackEdge> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: HOST }], {
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + options.days * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: IP, ip: HOST }] }],
  });
  const server = createServer({ key, cert }, (socket) => {
    const upstream = connect(options.upstream, HOST);
    socket.pipe(upstream).pipe(socket);
    // Who hangs up ends the other side, too.
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await once(server.listen(0, HOST), 'listening');
  const { port } = server.address() as AddressInfo;
  const certificateFile = path.join(options.folder, `edge-${port}.pem`);
  await writeFile(certificateFile, cert);
  return {
    url: `https://${HOST}:${port}`,
    certificateFile,
    async stop() {
      server.close();
    },
  };
}
