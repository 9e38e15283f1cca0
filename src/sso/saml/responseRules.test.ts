import { describe, expect, test } from 'vitest';
import { createSamlKeys } from '#dev/loopback/samlCertificate.ts';
import {
  attributeXml,
  nameIdXml,
  type ResponseValues,
  signedXml,
} from '#dev/loopback/samlDocuments.ts';
import { decoded, encoded, useSamlTrip } from '#support/runs/samlTrip.ts';

const saml = useSamlTrip();

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
      () => ({ audiences: audience('https://other.example') + audience(saml.trip.spEntityId) }),
    ],
    ['no Destination, when the assertion alone is signed', () => ({ destination: '' })],
    [
      'SHA-512',
      () => ({ signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512' }),
    ],
    ['a signature that does not name the only certificate', () => ({ named: false })],
  ])('%s', async (_case, changes) => {
    expect(await saml.verdictOn(saml.responseWith(changes()))).toMatchObject({
      email: 'ada@example.org',
    });
  });

  test('base64 with line breaks', async () => {
    const lines = saml.responseWith().replace(/(.{76})/g, '$1\r\n');
    expect(await saml.verdictOn(lines)).toMatchObject({ email: 'ada@example.org' });
  });

  test('the address of the first name that has one, and no address from another NameID', async () => {
    const both = attributeXml('email', 'second@example.org') + attributeXml('Mail', 'first@x.org');
    expect(await saml.verdictOn(saml.responseWith({ attributes: both }))).toMatchObject({
      email: 'first@x.org',
    });
    const inNameId = { nameId: nameIdXml('ada@example.org', UNSPECIFIED), attributes: '' };
    expect(await saml.verdictOn(saml.responseWith(inNameId))).toMatchObject({ email: undefined });
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
      () => ({ issuer: 'https://other.example', responseIssuer: saml.idp.entityId }),
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
      () => ({ audiences: audience(saml.trip.spEntityId, 'https://other.example') }),
      'SsoAudienceMismatch',
    ],
  ])('%s', async (_case, changes, type) => {
    const refusal = await saml.verdictOn(saml.responseWith(changes()));
    expect(refusal).toMatchObject({ name: 'SamlRefusal', type });
    expect(refusal.message).not.toMatch(/@|https?:/);
  });

  test('a bad signature of the response beside a good one of the assertion', async () => {
    const xml = decoded(saml.responseWith());
    const both = signedXml(xml, { signed: 'Response' }, await createSamlKeys());
    expect(await saml.verdictOn(encoded(both))).toMatchObject({ type: 'SsoSignatureInvalid' });
    const changed = signedXml(xml, { signed: 'Response' }, saml.idp.keys).replace(
      'Version="2.0"',
      'Version="2.0" Consent="urn:x"',
    );
    expect(await saml.verdictOn(encoded(changed))).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('a signature without its certificate, when there are several', async () => {
    const second = await createSamlKeys();
    const certificates = [saml.idp.keys.der, second.der];
    const several = saml.tripOf('a'.repeat(64), saml.idp.metadata({ certificates }));
    const named = saml.responseWith();
    expect(await saml.verdictOn(named, several)).toMatchObject({ email: 'ada@example.org' });
    const unnamed = saml.responseWith({ named: false });
    expect(await saml.verdictOn(unnamed, several)).toMatchObject({ type: 'SsoSignatureInvalid' });
  });

  test('a document type', async () => {
    const xml = decoded(saml.responseWith());
    const typed = encoded(`<!DOCTYPE x>${xml}`);
    expect(await saml.verdictOn(typed)).toMatchObject({ type: 'SsoResponseInvalid' });
  });

  test('an assertion that is encrypted, with a way out', async () => {
    const xml = decoded(saml.responseWith());
    const hidden = xml
      .replace('<saml:Assertion ', '<saml:EncryptedAssertion ')
      .replace('</saml:Assertion>', '</saml:EncryptedAssertion>');
    const refusal = await saml.verdictOn(encoded(hidden));
    expect(refusal).toMatchObject({ type: 'SsoResponseInvalid' });
    expect(refusal.message).toContain('switch encryption off');
  });
});
