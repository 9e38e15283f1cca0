/** Servers of tests, on loopback. */
import type { AddressInfo, Server } from 'node:net';

const HOST = '127.0.0.1';

/**
 * @param port any free one when left out.
 * @returns the URL at which the server listens now.
 */
export async function listen(server: Server, port = 0): Promise<URL> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => resolve());
  });
  return new URL(`http://${HOST}:${(server.address() as AddressInfo).port}`);
}
