import { expect, test } from 'vitest';
import { callbackUrlOf, dueWarning, expiryWarnings, spEntityId, testUrlOf } from './rules.ts';

const DAY_MS = 86_400_000;
const now = Date.parse('2026-11-25T00:00:00.000Z');
const inDays = (days: number) => new Date(now + days * DAY_MS).toISOString();

test.each([
  [31, undefined],
  [30, 30],
  [15, 30],
  [14, 14],
  [3.5, 14],
  [3, 3],
  [0, 3],
  [-2, 3],
])('%d days before the end, the warning of %s days is due', (days, due) => {
  expect(dueWarning(inDays(days), now)).toBe(due);
});

test('warns of the end of a valid configuration, by certificate and by metadata', () => {
  const certificate = (days: number) => ({
    fingerprint: 'ab'.repeat(32),
    notBefore: inDays(-1),
    notAfter: inDays(days),
    der: '',
  });
  const certificates = [certificate(10), certificate(400)];
  expect(expiryWarnings({ certificates, validUntil: inDays(5) }, now)).toEqual([
    'the signing certificate abababababababab ends on 2026-12-05',
    'the metadata is valid until 2026-11-30 only',
  ]);
  expect(expiryWarnings({ certificates: [certificate(400)], validUntil: null }, now)).toEqual([]);
});

test('ignores a closing slash of addresses', () => {
  expect(callbackUrlOf('https://api.example/')).toBe('https://api.example/sso/callback');
  expect(testUrlOf('https://api.example', 'token')).toBe('https://api.example/sso/test/token');
  expect(spEntityId('https://p.supabase.co/')).toBe(
    'https://p.supabase.co/auth/v1/sso/saml/metadata',
  );
});
