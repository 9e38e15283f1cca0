import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type IdpFault, type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import { signedResponse } from '#dev/loopback/samlDocuments.ts';
import { parseMetadata } from './metadata.ts';
import { beginRoundTrip, type RoundTrip, requestIdOf, verifyResponse } from './roundTrip.ts';

let idp: LoopbackIdp;
let trip: RoundTrip;

beforeAll(async () => {
  idp = await startLoopbackIdp();
});
beforeEach(() => {
  idp.fault = 'none';
  trip = tripOf('a'.repeat(64));
});
afterAll(() => idp.stop());

const tripOf = (tokenHash: string, metadata = idp.metadata()): RoundTrip => ({
  idp: parseMetadata(metadata, { now: Date.now(), allowLoopback: true }),
  spEntityId: 'https://project.example/auth/v1/sso/saml/metadata',
  callbackUrl: 'https://api.example/sso/callback',
  requestId: requestIdOf(tokenHash),
});

/** Sends a request to the identity provider and returns the form fields of its response. */
async function answerTo(roundTrip: RoundTrip) {
  const begun = await beginRoundTrip(roundTrip, 'relay');
  let response: Response;
  if ('url' in begun) response = await fetch(begun.url);
  else {
    const fields = [...begun.page.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(
      ([, name, value]): [string, string] => [name!, value!],
    );
    response = await fetch(roundTrip.idp.ssoUrl, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
  }
  const page = await response.text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1];
  expect(field('RelayState')).toBe('relay');
  return field('SAMLResponse')!;
}

test('accepts a valid response, and returns the asserted user', async () => {
  const tested = await verifyResponse(trip, await answerTo(trip));
  expect(tested).toEqual({
    email: 'sso-test@example.org',
    assertionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('accepts HTTP-POST, too', async () => {
  const post = tripOf('b'.repeat(64), idp.metadata({ binding: 'HTTP-POST' }));
  expect(await verifyResponse(post, await answerTo(post))).toMatchObject({
    email: 'sso-test@example.org',
  });
});

test('accepts a response that is signed as a whole, only when unchanged', async () => {
  const xml = signedResponse(
    {
      issuer: idp.entityId,
      audience: trip.spEntityId,
      recipient: trip.callbackUrl,
      inResponseTo: trip.requestId,
      email: 'ada@example.org',
      notBefore: Date.now() - 1000,
      notOnOrAfter: Date.now() + 60_000,
      signed: 'Response',
    },
    idp.keys,
  );
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  expect(await verifyResponse(trip, encoded(xml))).toMatchObject({ email: 'ada@example.org' });
  const changed = encoded(xml.replaceAll('ada@', 'boss@'));
  await expect(verifyResponse(trip, changed)).rejects.toMatchObject({
    type: 'SsoSignatureInvalid',
  });
});

describe('refuses with the error type', () => {
  test.each<[IdpFault, string]>([
    ['wrong_signature', 'SsoSignatureInvalid'],
    ['expired', 'SsoAssertionExpired'],
    ['not_yet_valid', 'SsoAssertionExpired'],
    ['wrong_audience', 'SsoAudienceMismatch'],
    ['wrong_recipient', 'SsoAudienceMismatch'],
    ['unsolicited', 'SsoResponseUnsolicited'],
  ])('%s', async (fault, type) => {
    idp.fault = fault;
    const refusal = await verifyResponse(trip, await answerTo(trip)).catch((error) => error);
    expect(refusal).toMatchObject({ name: 'SamlRefusal', type });
    expect(refusal.message).not.toMatch(/@|https?:/);
  });

  test('the response to another test', async () => {
    const response = await answerTo(trip);
    const refusal = await verifyResponse(tripOf('c'.repeat(64)), response).catch((error) => error);
    expect(refusal).toMatchObject({ type: 'SsoResponseUnsolicited' });
  });

  test('an address that was changed after signing', async () => {
    const xml = Buffer.from(await answerTo(trip), 'base64').toString();
    const changed = Buffer.from(xml.replaceAll('sso-test@', 'boss@')).toString('base64');
    const refusal = await verifyResponse(trip, changed).catch((error) => error);
    expect(refusal).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('a signed assertion without InResponseTo, in a response that has it', async () => {
    idp.fault = 'silent_assertion';
    const refusal = await verifyResponse(trip, await answerTo(trip)).catch((error) => error);
    expect(refusal).toMatchObject({ type: 'SsoResponseUnsolicited' });
  });

  test('an unsigned assertion', async () => {
    const xml = Buffer.from(await answerTo(trip), 'base64').toString();
    const bare = xml.replace(/<Signature[\s\S]*<\/Signature>/, '');
    const refusal = await verifyResponse(trip, Buffer.from(bare).toString('base64')).catch(
      (e) => e,
    );
    expect(refusal).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('an unsigned assertion wrapped around the signed one', async () => {
    const xml = Buffer.from(await answerTo(trip), 'base64').toString();
    const [assertion = ''] = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml) ?? [];
    const forged = assertion
      .replace(/<Signature[\s\S]*<\/Signature>/, '')
      .replaceAll('sso-test@', 'boss@')
      .replace(/ID="[^"]+"/, 'ID="_forged"');
    const wrapped = xml.replace(assertion, forged + assertion);
    const refusal = await verifyResponse(trip, Buffer.from(wrapped).toString('base64')).catch(
      (e) => e,
    );
    expect(refusal).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test.each([
    ['nothing', ''],
    ['no XML', 'aGVsbG8='],
    ['no base64', '%%%'],
  ])('%s', async (_, text) => {
    const refusal = await verifyResponse(trip, text).catch((error) => error);
    expect(refusal).toMatchObject({ name: 'SamlRefusal' });
  });
});
