import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_METADATA_BYTES, MetadataError } from '#sso/rules.ts';
import { createMetadataFetcher, isPublicAddress } from './metadataFetcher.ts';

let server: Server;
let base: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/ok') response.end('<metadata/>');
    else if (request.url === '/redirect') response.writeHead(302, { location: '/ok' }).end();
    else if (request.url === '/large') response.end('x'.repeat(MAX_METADATA_BYTES + 1));
    else if (request.url === '/down') response.writeHead(503).end();
    else if (request.url === '/missing') response.writeHead(404).end();
    else if (request.url === '/broken') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    }
    // All other requests get no response.
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const embedded = (timeoutMs = 5_000) =>
  createMetadataFetcher({ SSO_ALLOW_LOOPBACK: true }, { timeoutMs });
const production = (addresses: string[] = []) =>
  createMetadataFetcher(
    { SSO_ALLOW_LOOPBACK: false },
    {
      timeoutMs: 2_000,
      lookup: async () =>
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    },
  );

test('fetches from loopback where that is allowed, and only there', async () => {
  expect(await embedded().fetch(`${base}/ok`)).toBe('<metadata/>');
  await expect(production().fetch(`${base}/ok`)).rejects.toThrow(/https/);
  await expect(embedded().fetch('http://idp.example/')).rejects.toThrow(/https/);
});

test('connects to the checked address, even when the name resolves to another one later', async () => {
  const port = new URL(base).port;
  let lookups = 0;
  const source = createMetadataFetcher(
    { SSO_ALLOW_LOOPBACK: true },
    {
      lookup: async () => {
        lookups++;
        return [{ address: lookups === 1 ? '127.0.0.1' : '192.0.2.1', family: 4 }];
      },
    },
  );
  expect(await source.fetch(`http://localhost:${port}/ok`)).toBe('<metadata/>');
  expect(lookups).toBe(1);
});

describe('refuses for good', () => {
  test.each([
    ['a redirect', '/redirect', /redirects/],
    ['a document that is too large', '/large', /larger than/],
    ['what is not there', '/missing', /404/],
  ])('%s', async (_case, path, message) => {
    const failure = await embedded()
      .fetch(base + path)
      .catch((error) => error);
    expect(failure).toBeInstanceOf(MetadataError);
    expect(failure.message).toMatch(message);
  });

  test.each([
    'https://10.0.0.8/metadata',
    'https://127.0.0.1/metadata',
    'https://2130706433/metadata',
    'https://0x7f.1/metadata',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/metadata',
    'https://[::ffff:10.0.0.1]/metadata',
    'https://[fe80::1]/metadata',
    'https://[fd00::1]/metadata',
    'https://100.64.0.1/metadata',
    'https://0.0.0.0/metadata',
    'https://[::7f00:1]/metadata',
    'https://[::a9fe:a9fe]/metadata',
    'https://[::ffff:0:127.0.0.1]/metadata',
    'https://[64:ff9b:1::7f00:1]/metadata',
    'https://[2002:7f00:1::]/metadata',
    'https://[2001::1]/metadata',
    'https://[2001:db8::1]/metadata',
    'https://[fec0::1]/metadata',
    'https://[5f00::1]/metadata',
    'https://[3fff::1]/metadata',
    'https://[ff02::1]/metadata',
  ])('%s', async (url) => {
    const before = asked.length;
    await expect(production().fetch(url)).rejects.toThrow(/private or special/);
    expect(asked).toHaveLength(before);
  });

  test.each([[['10.1.2.3']], [['93.184.216.34', '127.0.0.1']], [['::1']], [['169.254.169.254']]])(
    'a name that resolves to %j',
    async (addresses) => {
      await expect(production(addresses).fetch('https://idp.example.com/')).rejects.toThrow(
        /private or special/,
      );
    },
  );

  test.each([
    'ftp://idp.example.com/',
    'file:///etc/passwd',
    'nonsense',
    'https://a:b@idp.example.com/',
  ])('%s', async (url) => {
    await expect(production(['93.184.216.34']).fetch(url)).rejects.toBeInstanceOf(MetadataError);
  });
});

describe('fails with a retryable error for', () => {
  test.each([
    ['a server error', '/down'],
    ['a broken answer', '/broken'],
  ])('%s', async (_case, path) => {
    await expect(embedded().fetch(base + path)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('silence', async () => {
    await expect(embedded(200).fetch(`${base}/silent`)).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  test('a name that is not resolved', async () => {
    await expect(production([]).fetch('https://idp.example.com/')).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});

test('addresses in special ranges are not public', () => {
  expect(['8.8.8.8', '2606:4700::1111'].every(isPublicAddress)).toBe(true);
  expect(
    [
      '10.0.0.1',
      '172.16.0.1',
      '192.168.1.1',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      'nonsense',
      '64:ff9b::a00:1',
    ].some(isPublicAddress),
  ).toBe(false);
});
