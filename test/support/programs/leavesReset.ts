/**
 * A program that ends while a connection of it can never be closed: reset in the moment in which it
 * was being ended. Node waits for such a connection for ever when it ends by itself (seen with
 * 24.21: the process turns in the clean-up of its handles).
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { runMain } from '#roles/commandLine.ts';

await runMain(async () => {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [socket] = await once(server, 'connection');
  socket.on('error', () => {});
  socket.end();
  socket.resetAndDestroy();
  client.destroy();
  server.close();
  console.log('done');
});
