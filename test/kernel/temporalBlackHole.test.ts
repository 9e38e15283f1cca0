import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from '#dev/loopback/tcpProxy.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import { limitConnecting } from '#kernel/temporal/connectLimit.ts';
import { pingTemporal } from '#kernel/temporal/runs.ts';

let proxy: TcpProxy;

beforeAll(async () => {
  proxy = await startTcpProxy(new URL(`tcp://${inject('temporalAddress')}`));
});
afterAll(() => proxy.stop());

test('a connection that is accepted in silence does not stay the last one', async () => {
  const address = `127.0.0.1:${proxy.port}`;
  limitConnecting(address, 500);
  const { client, connection } = connectTemporal({
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: false,
  });
  try {
    proxy.blackHole(['down']);
    await expect(pingTemporal(client)).rejects.toThrow();
    expect(proxy.connections()).toBeGreaterThan(0);
    proxy.heal();
    await expect
      .poll(
        () =>
          pingTemporal(client).then(
            () => 'answered',
            () => 'silent',
          ),
        { timeout: 50_000 },
      )
      .toBe('answered');
  } finally {
    await connection.close();
  }
});
