/** A port before a server: closed, it refuses connections and has cut those it had. */
import { connect, createServer, type Socket } from 'node:net';
import { listen } from '#support/http/listen.ts';

export interface TcpGate {
  port: number;
  close(): Promise<void>;
  open(): Promise<void>;
}

/** Opens a gate to the server that a URL names. */
export async function startTcpGate({ hostname, port: behindPort }: URL): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const behind = connect(Number(behindPort), hostname);
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const port = Number((await listen(server)).port);
  return {
    port,
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      if (!server.listening) await listen(server, port);
    },
  };
}
