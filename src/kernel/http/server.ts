/** Listening on a port that an operator has chosen, and closing without waiting for idle clients. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '#kernel/settings/load.ts';

/** How often connections that became idle are closed while a server ends. */
const SWEEP_MS = 50;

/** Why a port cannot be used, for the errors that the operator can change. */
const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process: end that one, or choose another port',
  EACCES: 'may not be used by this user: choose one from 1024 on',
};

/**
 * @param setting the name of the setting that has the port.
 * @returns the port, which is needed when 0 was requested.
 * @throws ConfigError when the port cannot be used.
 */
export const listen = (server: Server, port: number, setting: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const words = WORDS[error.code ?? ''];
      reject(words ? new ConfigError(`${setting}: port ${port} ${words}`) : error);
    });
    server.listen(port, () => resolve((server.address() as AddressInfo).port));
  });

/**
 * Takes no new connections, and waits for requests in progress up to a limit. Clients that keep their
 * connections open for the next request are told by the last response, or closed while they wait.
 */
export async function close(server: Server, limitMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const limit = setTimeout(() => server.closeAllConnections(), limitMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(limit);
}
