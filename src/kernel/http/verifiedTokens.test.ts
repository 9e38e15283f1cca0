import { expect, test } from 'vitest';
import { rememberVerified } from './verifiedTokens.ts';

function setUp(exp = 1_000) {
  const clock = { ms: 0 };
  const seen: string[] = [];
  const verify = rememberVerified(
    async (token) => {
      seen.push(token);
      if (token.startsWith('bad')) throw new Error('refused');
      return { sub: token, exp };
    },
    () => clock.ms,
  );
  return { clock, seen, verify };
}

test('verifies a token once per minute', async () => {
  const { clock, seen, verify } = setUp();
  expect((await verify('a')).sub).toBe('a');
  clock.ms = 59_999;
  expect((await verify('a')).sub).toBe('a');
  expect(seen).toEqual(['a']);
  clock.ms = 60_000;
  await verify('a');
  expect(seen).toEqual(['a', 'a']);
});

test('verifies again after the token has expired, even within the minute', async () => {
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
