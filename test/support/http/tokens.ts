/** Tokens of every kind, good and bad, for those who have to tell them apart. */
import { createServer } from 'node:http';
import type { JWTPayload } from 'jose';
import { listen } from './listen.ts';

const SUB = '6f1b1a52-3c6e-4c1c-9d3c-0f5e0a6f7b11';

/** A server of JSON Web Keys that counts how often it is asked. */
export async function startJwks(keys: object[]) {
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches++;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys }));
  });
  const { origin } = await listen(server);
  return {
    url: origin,
    fetches: () => fetches,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** Claims of a good token of the issuer at `url`; undefined takes one out. */
export const goodClaims = (url: string, overrides: JWTPayload = {}): JWTPayload => ({
  sub: SUB,
  iss: `${url}/auth/v1`,
  aud: 'authenticated',
  exp: nowSeconds() + 600,
  ...overrides,
});

/** What makes a token bad, though its signature is right. */
export const BAD_CLAIMS: [why: string, overrides: JWTPayload][] = [
  ['of another issuer', { iss: 'https://elsewhere.example/auth/v1' }],
  ['for another audience', { aud: 'somebody-else' }],
  ['that has expired', { exp: 1_700_000_000 }],
  ['without an expiry', { exp: undefined }],
  ['that is not valid yet', { nbf: 4_000_000_000 }],
  ['without a subject', { sub: undefined }],
  ['whose subject is no uuid', { sub: "x' OR 1=1 --" }],
  ['whose organization is no uuid', { org_id: '../..' }],
  ['whose permissions are no list', { effective_permissions: 'platform.admin' }],
  ['whose block is no boolean', { access_blocked: 'false' }],
  ['of nobody', { is_anonymous: true }],
  ['whose anonymity is no boolean', { is_anonymous: 'no' }],
  ['of an anonymous key', { role: 'anon' }],
  ['of a service', { role: 'service_role' }],
  ['whose role is no text', { role: ['authenticated'] }],
  ['from the future', { iat: Math.floor(Date.now() / 1000) + 3_600 }],
  ['whose time of issue is no number', { iat: 'now' as never }],
];

/** Claims that decide nothing in a form that cannot be used: the token is as good as without them. */
export const IGNORED_CLAIMS: [what: string, overrides: JWTPayload][] = [
  ['a name that is a number', { user_metadata: { full_name: 5 } }],
  ['a name that is a list', { user_metadata: { full_name: ['Ada'] } }],
  ['a long name', { user_metadata: { full_name: 'a'.repeat(201) } }],
  ['a name with NUL', { user_metadata: { full_name: 'Ada\u0000' } }],
  ['a name with half a character', { user_metadata: { full_name: 'Ada\ud800' } }],
  ['a name with a direction override', { user_metadata: { full_name: 'Ada\u202e' } }],
  ['a name that is a link', { user_metadata: { full_name: 'https://evil.example' } }],
  ['metadata that are a text', { user_metadata: 'Ada' }],
  ['metadata that are null', { user_metadata: null }],
  ['an address that is none', { email: 'ada@' }],
  ['an empty organization', { org_id: '' }],
  ['no organization', { org_id: null }],
];

/** Headers that hold no token. */
export const NO_TOKENS: (string | undefined)[] = [
  undefined,
  '',
  'Bearer',
  'Bearer a.b',
  'Bearer ...',
  'Bearer %%%',
  'Basic YTpi',
  `Bearer ${'x'.repeat(10_000)}`,
];

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The forms of a token without a signature, made of a signed one. */
export function unsigned(claims: JWTPayload, signed: string): string[] {
  const [header, payload] = signed.split('.');
  return [`${part({ alg: 'none' })}.${part(claims)}.`, `${header}.${payload}.`];
}
