/**
 * A proxy between a client and a server, with the faults of networks: refused, cut, silent, slow and
 * half-closed connections.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** `up` is what the client sends, `down` what the server sends. */
export type Direction = 'up' | 'down';

const BOTH: readonly Direction[] = ['up', 'down'];
const HOST = '127.0.0.1';

export interface TcpProxy {
  port: number;
  /** How many connections clients have at the moment, those that the black hole holds included. */
  connections(): number;
  /**
   * Nothing arrives any more in these directions, neither data nor the end of a connection; those
   * that exist and those that are made from now on. Nobody is told.
   */
  blackHole(directions?: readonly Direction[]): void;
  /**
   * New connections work. Those that the black hole holds stay silent for ever, as behind a balancer
   * that forgot them, unless `resume` is set: then what was sent meanwhile arrives.
   */
  heal(options?: { resume?: boolean }): void;
  /** Delays every chunk of data in both directions, of connections that are made from now on. */
  latency(milliseconds: number): void;
  /** Cuts every connection; new ones are accepted. */
  cut(): void;
  /** Ends one direction of every connection; the other goes on. */
  halfClose(direction: Direction): void;
  /** Cuts every connection and refuses new ones. */
  close(): Promise<void>;
  /** Accepts connections again. */
  open(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  /** Paused directions do not read, so that TCP itself stops the sender. */
  silent: Set<Direction>;
}

const sourceOf = ({ client, server }: Pair, direction: Direction): Socket =>
  direction === 'up' ? client : server;
const targetOf = ({ client, server }: Pair, direction: Direction): Socket =>
  direction === 'up' ? server : client;

/**
 * Resets a connection. In the moment between its `end` and the end of what was written this fails
 * with EINVAL, and the handle stays for ever (Node 24.21); it is closed then.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** Copies one direction until its end. */
async function forward(pair: Pair, direction: Direction, latencyMs: number): Promise<void> {
  const source = sourceOf(pair, direction);
  const target = targetOf(pair, direction);
  source.on('data', async (chunk) => {
    if (latencyMs > 0) {
      source.pause();
      await delay(latencyMs);
    }
    const drained = target.destroyed || target.write(chunk);
    if (!drained) source.pause();
    else if (!pair.silent.has(direction)) source.resume();
  });
  target.on('drain', () => {
    if (!pair.silent.has(direction)) source.resume();
  });
  source.on('end', () => target.end());
  source.on('error', () => reset(target));
}

/** Starts a proxy to the server at `behind`; only host name and port of the URL are used. */
export async function startTcpProxy(behind: Pick<URL, 'hostname' | 'port'>): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let silent: readonly Direction[] = [];
  let latencyMs = 0;

  function silence(pair: Pair, directions: readonly Direction[]): void {
    for (const direction of directions) {
      pair.silent.add(direction);
      sourceOf(pair, direction).pause();
    }
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({
      host: behind.hostname,
      port: Number(behind.port),
      allowHalfOpen: true,
    });
    const pair: Pair = { client, server: upstream, silent: new Set() };
    pairs.add(pair);
    for (const direction of BOTH) void forward(pair, direction, latencyMs);
    silence(pair, silent);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('close', () => {
        if (client.destroyed && upstream.destroyed) pairs.delete(pair);
      });
    }
  });

  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
    });
  const cut = () => {
    for (const { client, server: upstream } of pairs) {
      reset(client);
      reset(upstream);
    }
    pairs.clear();
  };
  const port = await listen(0);

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  }

  return {
    port,
    connections: () => pairs.size,
    blackHole(directions = BOTH) {
      silent = directions;
      for (const pair of pairs) silence(pair, directions);
    },
    heal({ resume = false } = {}) {
      silent = [];
      if (!resume) return;
      for (const pair of pairs) {
        for (const direction of pair.silent) sourceOf(pair, direction).resume();
        pair.silent.clear();
      }
    },
    latency(milliseconds) {
      latencyMs = milliseconds;
    },
    cut,
    halfClose(direction) {
      for (const pair of pairs) targetOf(pair, direction).end();
    },
    close,
    async open() {
      if (!server.listening) await listen(port);
    },
    stop: close,
  };
}
