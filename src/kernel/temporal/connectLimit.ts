/**
 * A time limit for the handshake of gRPC connections. grpc-js has none: when something accepts the
 * connection and then says nothing, such as a balancer whose server is gone, it waits for ever, and
 * every later call fails. The gRPC specification asks for a limit (connection-backoff.md).
 */
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Published by Node for each socket that it connects. */
const CHANNEL = 'net.client.socket';
const LIMIT_MS = 10_000;

/** The limit in milliseconds, by the port that is connected to. */
const limits = new Map<number, number>();

function watch(message: unknown): void {
  const { socket } = message as { socket: Socket };
  socket.once('connect', () => {
    const limitMs = limits.get(socket.remotePort ?? 0);
    if (limitMs === undefined) return;
    const timer = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy(new Error('the server did not speak in time'));
    }, limitMs);
    timer.unref();
    socket.once('close', () => clearTimeout(timer));
  });
}

/**
 * From now on, ends connections to this port over which nothing has come after the limit; the caller
 * then makes a new one. A server of HTTP/2 or TLS speaks at once, so only a silent one is ended.
 * @param address `host:port`. The first limit of a port stays.
 */
export function limitConnecting(address: string, limitMs = LIMIT_MS): void {
  const port = Number(address.split(':').at(-1));
  if (limits.size === 0) subscribe(CHANNEL, watch);
  if (!limits.has(port)) limits.set(port, limitMs);
}
