/** A port before a server: closed, it refuses connections and has cut those it had. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpGate {
  port: number;
  close(): Promise<void>;
  open(): Promise<void>;
}

const HOST = '127.0.0.1';

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
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, HOST, () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      if (!server.listening) await listen(port);
    },
  };
}
