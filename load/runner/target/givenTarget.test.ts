import { jwtVerify, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { type DevConfig, loadDevConfig } from '#dev/settings.ts';
import { tokenFor } from './givenTarget.ts';

const SECRET = 'a-secret-of-thirty-two-characters';
const key = new TextEncoder().encode(SECRET);
const settings = (env: Record<string, string>): DevConfig<'load'> => loadDevConfig('load', env);
const given = (lifetime: string) =>
  new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(lifetime).sign(key);

test('signs a token that the API accepts, valid for as long as needed', async () => {
  const env = { SUPABASE_JWT_SECRET: SECRET, SUPABASE_URL: 'https://project.example.org/' };
  const { payload } = await jwtVerify(await tokenFor(settings(env), 7_200), key, {
    issuer: 'https://project.example.org/auth/v1',
    audience: 'authenticated',
    requiredClaims: ['sub'],
  });
  expect(payload.effective_permissions).toEqual([{ p: 'platform.admin', s: '' }]);
  expect(payload.exp! - payload.iat!).toBeGreaterThanOrEqual(7_200);
});

test('uses a given token unchanged', async () => {
  const token = await given('2h');
  expect(await tokenFor(settings({ API_TOKEN: token }), 3_600)).toBe(token);
});

test('refuses a token that expires before the run ends, and names the setting', async () => {
  const token = await given('1h');
  await expect(tokenFor(settings({ API_TOKEN: token }), 7_200)).rejects.toThrow(
    /API_TOKEN: is valid for 3\d+ s more, and this may take 7200 s/,
  );
  await expect(tokenFor(settings({ API_TOKEN: 'none' }), 60)).rejects.toThrow('API_TOKEN');
});

test('names both settings when there is neither token nor secret', async () => {
  await expect(tokenFor(settings({}), 60)).rejects.toThrow(/API_TOKEN, or SUPABASE_JWT_SECRET/);
  const secretAlone = settings({ SUPABASE_JWT_SECRET: SECRET });
  await expect(tokenFor(secretAlone, 60)).rejects.toThrow(/SUPABASE_URL or JWT_ISSUER/);
});
