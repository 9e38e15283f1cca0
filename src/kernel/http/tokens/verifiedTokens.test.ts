import { expect, test } from 'vitest';
import { rememberVerified } from './verifiedTokens.ts';

function setUp(exp = 1_000) {
  const clock = { ms: 0 };
  const seen: string[] = [];
  const tokens = rememberVerified(
    async (token) => {
      seen.push(token);
      if (token.startsWith('bad')) throw new Error('refused');
      return { sub: token, exp };
    },
    () => clock.ms,
  );
  return { clock, seen, verify: tokens.verify, forget: tokens.forget };
}

test('verifies a token once in 30 seconds', async () => {
  const { clock, seen, verify } = setUp();
  expect((await verify('a')).sub).toBe('a');
  clock.ms = 29_999;
  expect((await verify('a')).sub).toBe('a');
  expect(seen).toEqual(['a']);
  clock.ms = 30_000;
  await verify('a');
  expect(seen).toEqual(['a', 'a']);
});

test('verifies again after the token has expired, even within 30 seconds', async () => {
  const { clock, seen, verify } = setUp(5);
  await verify('a');
  clock.ms = 5_000;
  await verify('a');
  expect(seen).toEqual(['a', 'a']);
});

test('does not remember refused tokens', async () => {
  const { seen, verify } = setUp();
  await expect(verify('bad')).rejects.toThrow('refused');
  await expect(verify('bad')).rejects.toThrow('refused');
  expect(seen).toEqual(['bad', 'bad']);
});

test('removes the oldest of more than a thousand', async () => {
  const { seen, verify } = setUp();
  for (let count = 0; count <= 1_000; count++) await verify(`token-${count}`);
  await verify('token-1');
  expect(seen).toHaveLength(1_001);
  await verify('token-0');
  expect(seen).toHaveLength(1_002);
});

test('verifies again when the keys have changed', async () => {
  const { seen, verify, forget } = setUp();
  await verify('a');
  forget();
  await verify('a');
  expect(seen).toEqual(['a', 'a']);
});
