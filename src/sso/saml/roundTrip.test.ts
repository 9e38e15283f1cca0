import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type IdpFault, type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import { createSamlKeys, type SamlKeys } from '#dev/loopback/samlCertificate.ts';
import {
  attributeXml,
  nameIdXml,
  type ResponseValues,
  signedResponse,
  signedXml,
} from '#dev/loopback/samlDocuments.ts';
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
  const page = await (await fetch(await beginRoundTrip(roundTrip, 'relay'))).text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1];
  expect(field('RelayState')).toBe('relay');
  return field('SAMLResponse')!;
}

const encoded = (text: string) => Buffer.from(text).toString('base64');

const valuesWith = (changes: Partial<ResponseValues> = {}): ResponseValues => ({
  issuer: idp.entityId,
  audience: trip.spEntityId,
  recipient: trip.callbackUrl,
  inResponseTo: trip.requestId,
  email: 'ada@example.org',
  notBefore: Date.now() - 1000,
  notOnOrAfter: Date.now() + 60_000,
  ...changes,
});

/** A response with changes, signed with the provider's key. */
const responseWith = (changes: Partial<ResponseValues> = {}, keys: SamlKeys = idp.keys) =>
  encoded(signedResponse(valuesWith(changes), keys));

const verdictOn = (response: string, on: RoundTrip = trip) =>
  verifyResponse(on, response).catch((error) => error);

test('accepts a valid response, and returns the asserted user', async () => {
  const tested = await verifyResponse(trip, await answerTo(trip));
  expect(tested).toEqual({
    email: 'sso-test@example.org',
    assertionHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('accepts a response that is signed as a whole, only when unchanged', async () => {
  const response = responseWith({ signed: 'Response' });
  expect(await verifyResponse(trip, response)).toMatchObject({ email: 'ada@example.org' });
  const xml = Buffer.from(response, 'base64').toString();
  const changed = encoded(xml.replaceAll('ada@', 'boss@'));
  expect(await verdictOn(changed)).toMatchObject({ type: 'SsoSignatureInvalid' });
});

const MINUTE_MS = 60_000;
const ahead = (ms: number) => ({
  issueInstant: Date.now() + ms,
  notBefore: Date.now() + ms,
  notOnOrAfter: Date.now() + ms + 5 * MINUTE_MS,
});
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
const SUBJECT_ID = 'urn:oasis:names:tc:SAML:attribute:subject-id';
const persistent = nameIdXml('u-1', PERSISTENT);
const mail = attributeXml('mail', 'ada@example.org');
const audience = (...names: string[]) =>
  `<saml:AudienceRestriction>${names.map((name) => `<saml:Audience>${name}</saml:Audience>`).join('')}</saml:AudienceRestriction>`;

describe('accepts what Supabase Auth accepts', () => {
  test.each<[string, () => Partial<ResponseValues>]>([
    ['a clock that is 120 s ahead', () => ahead(2 * MINUTE_MS)],
    ['a clock that is 60 s behind', () => ahead(-MINUTE_MS)],
    ['an assertion that ended 120 s ago', () => ({ notOnOrAfter: Date.now() - 2 * MINUTE_MS })],
    [
      'Mail as the name of the address',
      () => ({ nameId: persistent, attributes: mail.replace('mail', 'Mail') }),
    ],
    [
      'EMAIL as the name of the address',
      () => ({ nameId: persistent, attributes: mail.replace('mail', 'EMAIL') }),
    ],
    [
      'mail as the friendly name of the address',
      () => ({ nameId: persistent, attributes: attributeXml('urn:x', 'ada@example.org', 'mail') }),
    ],
    [
      'another claim of Microsoft',
      () => ({
        nameId: persistent,
        attributes: attributeXml(
          'http://schemas.xmlsoap.org/claims/EmailAddress',
          'ada@example.org',
        ),
      }),
    ],
    ['a persistent NameID', () => ({ nameId: persistent, attributes: mail })],
    ['a NameID without a format', () => ({ nameId: nameIdXml('u-1'), attributes: mail })],
    [
      'a transient NameID with a subject-id',
      () => ({
        nameId: nameIdXml('_1', TRANSIENT),
        attributes: attributeXml(SUBJECT_ID, 'ada') + mail,
      }),
    ],
    ['an address as NameID alone', () => ({ attributes: attributeXml('role', 'x') })],
    ['no restriction of the audience', () => ({ audiences: '' })],
    [
      'our audience among other restrictions',
      () => ({ audiences: audience('https://other.example') + audience(trip.spEntityId) }),
    ],
    ['no Destination, when the assertion alone is signed', () => ({ destination: '' })],
    [
      'SHA-512',
      () => ({ signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512' }),
    ],
    ['a signature that does not name the only certificate', () => ({ named: false })],
  ])('%s', async (_case, changes) => {
    expect(await verdictOn(responseWith(changes()))).toMatchObject({ email: 'ada@example.org' });
  });

  test('base64 with line breaks', async () => {
    const lines = responseWith().replace(/(.{76})/g, '$1\r\n');
    expect(await verdictOn(lines)).toMatchObject({ email: 'ada@example.org' });
  });

  test('the address of the first name that has one, and no address from another NameID', async () => {
    const both = attributeXml('email', 'second@example.org') + attributeXml('Mail', 'first@x.org');
    expect(await verdictOn(responseWith({ attributes: both }))).toMatchObject({
      email: 'first@x.org',
    });
    const inNameId = { nameId: nameIdXml('ada@example.org', UNSPECIFIED), attributes: '' };
    expect(await verdictOn(responseWith(inNameId))).toMatchObject({ email: undefined });
  });
});

describe('refuses what Supabase Auth refuses, and what nobody should take', () => {
  test.each<[string, () => Partial<ResponseValues>, string]>([
    ['a clock that is 200 s ahead', () => ahead(200_000), 'SsoAssertionExpired'],
    ['a clock that is 120 s behind', () => ahead(-2 * MINUTE_MS), 'SsoAssertionExpired'],
    [
      'an assertion that ended 200 s ago',
      () => ({ notOnOrAfter: Date.now() - 200_000 }),
      'SsoAssertionExpired',
    ],
    [
      'a transient NameID',
      () => ({ nameId: nameIdXml('_1', TRANSIENT), attributes: mail }),
      'SsoResponseInvalid',
    ],
    ['no NameID', () => ({ nameId: '', attributes: mail }), 'SsoResponseInvalid'],
    ['an empty NameID', () => ({ nameId: nameIdXml('', EMAIL) }), 'SsoResponseInvalid'],
    [
      'an empty subject-id',
      () => ({ attributes: attributeXml(SUBJECT_ID, '') + mail }),
      'SsoResponseInvalid',
    ],
    [
      'an assertion of another issuer',
      () => ({ issuer: 'https://other.example', responseIssuer: idp.entityId }),
      'SsoSignatureInvalid',
    ],
    [
      'a response of another issuer',
      () => ({ responseIssuer: 'https://other.example' }),
      'SsoSignatureInvalid',
    ],
    ['a login that failed', () => ({ status: 'AuthnFailed' }), 'SsoResponseInvalid'],
    [
      'another Destination',
      () => ({ destination: 'https://other.example/acs' }),
      'SsoAudienceMismatch',
    ],
    [
      'no Destination in a signed response',
      () => ({ destination: '', signed: 'Response' }),
      'SsoAudienceMismatch',
    ],
    [
      'a signature with SHA-1',
      () => ({ signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
      'SsoSignatureInvalid',
    ],
    [
      'a digest with SHA-1',
      () => ({ digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }),
      'SsoSignatureInvalid',
    ],
    [
      'other audiences',
      () => ({ audiences: audience(trip.spEntityId, 'https://other.example') }),
      'SsoAudienceMismatch',
    ],
  ])('%s', async (_case, changes, type) => {
    const refusal = await verdictOn(responseWith(changes()));
    expect(refusal).toMatchObject({ name: 'SamlRefusal', type });
    expect(refusal.message).not.toMatch(/@|https?:/);
  });

  test('a bad signature of the response beside a good one of the assertion', async () => {
    const xml = Buffer.from(responseWith(), 'base64').toString();
    const both = signedXml(xml, { signed: 'Response' }, await createSamlKeys());
    expect(await verdictOn(encoded(both))).toMatchObject({ type: 'SsoSignatureInvalid' });
    const changed = signedXml(xml, { signed: 'Response' }, idp.keys).replace(
      'Version="2.0"',
      'Version="2.0" Consent="urn:x"',
    );
    expect(await verdictOn(encoded(changed))).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('a signature without its certificate, when there are several', async () => {
    const second = await createSamlKeys();
    const certificates = [idp.keys.der, second.der];
    const several = tripOf('a'.repeat(64), idp.metadata({ certificates }));
    const named = responseWith();
    expect(await verdictOn(named, several)).toMatchObject({ email: 'ada@example.org' });
    const unnamed = responseWith({ named: false });
    expect(await verdictOn(unnamed, several)).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('a document type', async () => {
    const xml = Buffer.from(responseWith(), 'base64').toString();
    const typed = encoded(`<!DOCTYPE x>${xml}`);
    expect(await verdictOn(typed)).toMatchObject({ type: 'SsoResponseInvalid' });
  });

  test('an assertion that is encrypted, with a way out', async () => {
    const xml = Buffer.from(responseWith(), 'base64').toString();
    const hidden = xml
      .replace('<saml:Assertion ', '<saml:EncryptedAssertion ')
      .replace('</saml:Assertion>', '</saml:EncryptedAssertion>');
    const refusal = await verdictOn(encoded(hidden));
    expect(refusal).toMatchObject({ type: 'SsoResponseInvalid' });
    expect(refusal.message).toContain('switch encryption off');
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
