import { createServer } from 'node:http';
import {
  decodeProtectedHeader,
  exportJWK,
  type FlattenedJWSInput,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { listen } from '#support/http/listen.ts';
import { createSigningKeys, type SigningKeysOptions } from './signingKeys.ts';

interface Signer {
  jwk: JWK;
  token: string;
}

let old: Signer;
let next: Signer;
let published: JWK[];
let status: number;
let fetches: number;
let url: URL;
let now: number;
let changes: number;
let stop: () => Promise<void>;

async function signer(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' }, token };
}

beforeAll(async () => {
  [old, next] = await Promise.all([signer('old'), signer('next')]);
});

beforeEach(async () => {
  [published, status, fetches, now, changes] = [[old.jwk], 200, 0, 1_000_000, 0];
  const server = createServer((_request, response) => {
    fetches++;
    response.statusCode = status;
    response.end(status === 200 ? JSON.stringify({ keys: published }) : 'not now');
  });
  const { origin } = await listen(server);
  url = new URL(origin);
  stop = () => new Promise((resolve) => server.close(() => resolve()));
});
afterEach(() => stop());

function keys(options: Partial<SigningKeysOptions> = {}) {
  const { keyFor } = createSigningKeys(url, {
    graceMs: 3_600_000,
    now: () => now,
    pause: async (ms) => {
      now += ms;
    },
    onChange: () => {
      changes++;
    },
    ...options,
  });
  return (token: string) =>
    jwtVerify(token, keyFor).then(
      () => 'accepted',
      (error) => error.name,
    );
}

test('keys are fetched once for many tokens', async () => {
  const verify = keys();
  const all = await Promise.all(Array.from({ length: 20 }, () => verify(old.token)));
  expect(new Set(all)).toEqual(new Set(['accepted']));
  now += 29_000;
  expect(await verify(old.token)).toBe('accepted');
  expect(fetches).toBe(1);
});

test('the last good keys are used while their address is away, and no longer than the grace', async () => {
  const verify = keys();
  expect(await verify(old.token)).toBe('accepted');
  status = 503;
  for (const later of [601_000, 1_000_000, 1_900_000]) {
    now += later;
    expect(await verify(old.token)).toBe('accepted');
  }
  now += 200_000;
  expect(await verify(old.token)).toBe('KeysUnavailable');
  status = 200;
  now += 5_000;
  await expect.poll(() => verify(old.token)).toBe('accepted');
});

test('an address that cannot be reached, and one that sends no keys, are away', async () => {
  const verify = keys();
  expect(await verify(old.token)).toBe('accepted');
  published = 'nothing' as never;
  now += 120_000;
  expect(await verify(old.token)).toBe('accepted');
  await stop();
  now += 120_000;
  expect(await verify(old.token)).toBe('accepted');
});

test('without keys, and without their address, nothing is decided', async () => {
  status = 503;
  expect(await keys()(old.token)).toBe('KeysUnavailable');
});

test('a new key is known with its first token, a few seconds after the last fetch', async () => {
  const verify = keys();
  expect(await verify(old.token)).toBe('accepted');
  published = [old.jwk, next.jwk];
  const before = now;
  expect(await verify(next.token)).toBe('accepted');
  expect(now - before).toBeLessThanOrEqual(5_000);
  expect(fetches).toBe(2);
  expect(changes).toBe(1);
});

test('a removed key is refused after a minute, and what it verified is forgotten', async () => {
  const verify = keys();
  expect(await verify(old.token)).toBe('accepted');
  published = [next.jwk];
  now += 61_000;
  expect(await verify(old.token)).toBe('JWKSNoMatchingKey');
  expect(changes).toBe(1);
});

test('between half a minute and a minute, requests do not wait for the fetch', async () => {
  const verify = keys();
  expect(await verify(old.token)).toBe('accepted');
  published = [next.jwk];
  now += 31_000;
  expect(await verify(old.token)).toBe('accepted');
  await expect.poll(() => changes).toBe(1);
  expect(await verify(old.token)).toBe('JWKSNoMatchingKey');
});

test('a flood of unknown key ids causes few fetches, and does not stop the known key', async () => {
  let asked = 0;
  const { keyFor } = createSigningKeys(url, {
    graceMs: 3_600_000,
    now: () => now,
    // Time goes on by what callers wait for, at least.
    pause: async (ms) => {
      now += ms;
    },
  });
  const unknown = (kid: string) =>
    Promise.resolve(
      keyFor({ alg: 'ES256', kid } as JWTHeaderParameters, {} as FlattenedJWSInput),
    ).catch((error: Error) => error.name);
  const until = now + 60_000;
  while (now < until && asked < 2_000) {
    expect(await unknown(`unknown-${asked++}`)).toBe('JWKSNoMatchingKey');
    now += 50;
  }
  expect(fetches).toBeLessThanOrEqual(16);
  const { kid } = decodeProtectedHeader(old.token);
  expect(await unknown(kid!)).not.toBe('JWKSNoMatchingKey');
});
