/** The faults that the proxy makes are those of a real network, seen from both of its ends. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from '#dev/loopback/tcpProxy.ts';
import { listen } from '#support/http/listen.ts';
import { useStarted } from '#support/stack/useStarted.ts';

/** A server that keeps what it hears of each connection, and says it back. */
const echo = useStarted(async () => {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => socket.write(chunk));
  });
  return { url: await listen(server), sockets, server };
});
const proxy: TcpProxy = useStarted(
  () => startTcpProxy(echo.url),
  (started) => started.stop(),
);

function client() {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  const heard = { text: '', ended: false, closed: false };
  socket.on('data', (chunk) => {
    heard.text += chunk;
  });
  socket.on('end', () => {
    heard.ended = true;
  });
  socket.on('close', () => {
    heard.closed = true;
  });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return { socket, heard };
}

async function spoken(text: string) {
  const one = client();
  one.socket.write(text);
  await expect.poll(() => one.heard.text).toBe(text);
  return one;
}

test.each([['up'], ['down']] as const)(
  'a black hole of what goes %s swallows data and ends; a new connection works after healing',
  async (direction) => {
    const held = await spoken('a');
    const behind = echo.sockets.at(-1)!;
    const ended = once(behind, 'end').then(() => 'ended');
    proxy.blackHole([direction]);
    held.socket.write('b');
    held.socket.end();
    proxy.heal();
    await spoken('fresh');
    expect(held.heard).toEqual({ text: 'a', ended: false, closed: false });
    if (direction === 'up') {
      expect(await Promise.race([ended, spoken('c').then(() => 'open')])).toBe('open');
    } else expect(await ended).toBe('ended');
  },
);

test('what was held arrives when the connections are to resume', async () => {
  const held = await spoken('a');
  proxy.blackHole();
  held.socket.write('b');
  proxy.heal({ resume: true });
  await expect.poll(() => held.heard.text).toBe('ab');
});

test('a cut resets both ends, and new connections work', async () => {
  const held = await spoken('a');
  proxy.cut();
  await expect.poll(() => held.heard.closed).toBe(true);
  await expect.poll(() => proxy.connections()).toBe(0);
  await spoken('b');
});

test('a half-closed connection still carries the other direction', async () => {
  const held = await spoken('a');
  proxy.halfClose('down');
  await expect.poll(() => held.heard.ended).toBe(true);
  const behind = echo.sockets.at(-1)!;
  const heard = once(behind, 'data');
  held.socket.write('still');
  expect(String((await heard)[0])).toBe('still');
});

test('latency delays each direction', async () => {
  proxy.latency(50);
  const started = performance.now();
  await spoken('slow');
  proxy.latency(0);
  expect(performance.now() - started).toBeGreaterThan(95);
});

test('closed, it refuses; opened, it has the same port', async () => {
  const held = await spoken('a');
  await proxy.close();
  await expect.poll(() => held.heard.closed).toBe(true);
  const refused = client();
  await expect.poll(() => refused.heard.closed).toBe(true);
  await proxy.open();
  await spoken('b');
});
