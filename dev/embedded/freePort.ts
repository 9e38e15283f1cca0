/** Free ports for servers that must know their port before they start. */
import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const HOST = '127.0.0.1';
/**
 * Below the range of ports for outgoing connections (32768 and up on Linux): another process could
 * take such a port between the check and the start of the server.
 */
const FIRST = 10_240;
const BEYOND = 32_000;
const CANDIDATES = 50;

/** A port of 127.0.0.1 on which no process listens; a process never gets the same port twice. */
export const freePort = (): Promise<number> =>
  getPort({
    host: HOST,
    port: Array.from({ length: CANDIDATES }, () => randomInt(FIRST, BEYOND)),
  });
