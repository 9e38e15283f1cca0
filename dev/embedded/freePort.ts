/** Ports for servers that are told theirs before they start. */
import { randomInt } from 'node:crypto';
import getPort from 'get-port';

const HOST = '127.0.0.1';
/**
 * Below the range from which systems take the ports of outgoing connections (32768 and up on
 * Linux): a port of that range may be taken between our look and the server's start.
 */
const FIRST = 10_240;
const BEYOND = 32_000;
const CANDIDATES = 50;

/** A port of 127.0.0.1 that nobody listens on; not the same twice in one process. */
export const freePort = (): Promise<number> =>
  getPort({
    host: HOST,
    port: Array.from({ length: CANDIDATES }, () => randomInt(FIRST, BEYOND)),
  });
