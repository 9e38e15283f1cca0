import { beforeAll, describe, expect, test } from 'vitest';
import { createSamlKeys, type SamlKeys } from '#dev/loopback/samlCertificate.ts';
import { metadataXml } from '#dev/loopback/samlDocuments.ts';
import { MAX_METADATA_BYTES, MetadataError } from '#sso/rules.ts';
import { parseMetadata } from './metadata.ts';

const now = Date.now();
const options = { now, allowLoopback: false };
const DAY_MS = 86_400_000;
let keys: SamlKeys;
let expired: SamlKeys;
let future: SamlKeys;

beforeAll(async () => {
  keys = await createSamlKeys();
  expired = await createSamlKeys({ from: -30, until: -1 });
  future = await createSamlKeys({ from: 2, until: 30 });
});

const xmlOf = (values: Partial<Parameters<typeof metadataXml>[0]> = {}) =>
  metadataXml({
    entityId: 'https://idp.example/entity',
    ssoUrl: 'https://idp.example/sso',
    certificates: [keys.der],
    ...values,
  });

test('reads entity id, sign-on URL, binding, certificate and validity', () => {
  const validUntil = new Date(now + DAY_MS).toISOString();
  expect(parseMetadata(xmlOf({ validUntil }), options)).toEqual({
    entityId: 'https://idp.example/entity',
    ssoUrl: 'https://idp.example/sso',
    binding: 'HTTP-Redirect',
    validUntil,
    certificates: [
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        notBefore: expect.any(String),
        notAfter: expect.any(String),
        der: keys.der,
      },
    ],
  });
});

test('keeps each certificate that is valid now once', () => {
  const certificates = [expired.der, keys.der, keys.der, future.der];
  const { certificates: kept } = parseMetadata(xmlOf({ certificates }), options);
  expect(kept.map(({ der }) => der)).toEqual([keys.der]);
});

describe('accepts what Supabase Auth accepts', () => {
  const entity = 'https://idp.example/entity';
  const inList = (...entities: string[]) =>
    `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${entities
      .map((xml) => xml.replace(/^<\?xml[^>]*>\n/, ''))
      .join('')}</md:EntitiesDescriptor>`;
  const service = (xml: string) => xml.replaceAll('IDPSSODescriptor', 'SPSSODescriptor');

  test.each<[string, () => string]>([
    ['a byte order mark', () => `\uFEFF${xmlOf()}`],
    ['white space before the document', () => `\n  ${xmlOf()}`],
    ['a list with one entity', () => inList(xmlOf())],
    [
      'the first identity provider of a list',
      () =>
        inList(
          service(xmlOf({ entityId: 'https://service.example' })),
          xmlOf(),
          xmlOf({ entityId: 'https://second.example' }),
        ),
    ],
  ])('%s', (_case, make) => {
    expect(parseMetadata(make(), options)).toMatchObject({ entityId: entity });
  });

  test('not a list without an identity provider', () => {
    expect(() => parseMetadata(inList(service(xmlOf())), options)).toThrow(/no entity/);
  });
});

test('accepts plain http to loopback only where that is allowed', () => {
  const xml = xmlOf({ ssoUrl: 'http://127.0.0.1:4000/sso' });
  expect(parseMetadata(xml, { now, allowLoopback: true }).ssoUrl).toContain('127.0.0.1');
  expect(() => parseMetadata(xml, options)).toThrow(/on https/);
  const foreign = xmlOf({ ssoUrl: 'http://idp.example/sso' });
  expect(() => parseMetadata(foreign, { now, allowLoopback: true })).toThrow(/on https/);
});

/** The "billion laughs" attack: ten levels of ten entities each. */
const bomb = () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
  );
  return `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">${levels.join('')}]><x>&l9;</x>`;
};

describe('refuses with a reason', () => {
  test.each<[string, () => string, RegExp]>([
    ['no XML', () => 'hello', /well-formed/],
    ['broken XML', () => xmlOf().replace('</md:EntityDescriptor>', ''), /well-formed/],
    ['undeclared entities', () => xmlOf({ entityId: 'https://idp/&bomb;' }), /well-formed/],
    ['entity expansion', bomb, /document type or entities/],
    [
      'external entities',
      () => xmlOf().replace('?>', '?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
      /document type or entities/,
    ],
    ['an oversized document', () => xmlOf() + ' '.repeat(MAX_METADATA_BYTES), /larger than/],
    ['very deep nesting', () => '<a>'.repeat(40_000), /well-formed/],
    ['another document', () => '<html/>', /EntityDescriptor/],
    [
      'a service provider',
      () => xmlOf().replaceAll('IDPSSODescriptor', 'SPSSODescriptor'),
      /identity provider/,
    ],
    [
      'SAML 1.1',
      () => xmlOf().replace('SAML:2.0:protocol', 'SAML:1.1:protocol'),
      /identity provider/,
    ],
    ['no entity id', () => xmlOf({ entityId: '' }), /entityID/],
    ['an entity id with NUL', () => xmlOf({ entityId: 'https://idp&#0;' }), /entityID|well-formed/],
    [
      'an entity id with half a character',
      () => xmlOf({ entityId: 'https://idp&#xD800;' }),
      /entityID|well-formed/,
    ],
    [
      'a sign-on address with NUL',
      () => xmlOf({ ssoUrl: 'https://idp/&#0;' }),
      /https|well-formed/,
    ],
    ['an entity id with white space', () => xmlOf({ entityId: ' https://idp ' }), /entityID/],
    ['sign-on by HTTP-POST alone', () => xmlOf({ binding: 'HTTP-POST' }), /HTTP-Redirect/],
    [
      'several descriptors',
      () =>
        xmlOf().replace(
          '</md:EntityDescriptor>',
          '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"/></md:EntityDescriptor>',
        ),
      /one SAML 2.0 identity provider/,
    ],
    ['sign-on over http', () => xmlOf({ ssoUrl: 'http://idp.example/sso' }), /on https/],
    ['sign-on with a password', () => xmlOf({ ssoUrl: 'https://a:b@idp.example/' }), /on https/],
    ['sign-on by script', () => xmlOf({ ssoUrl: 'javascript:alert(1)' }), /on https/],
    ['another binding', () => xmlOf().replace('HTTP-Redirect', 'SOAP'), /on https/],
    ['no certificate', () => xmlOf({ certificates: [] }), /no signing certificate/],
    ['a broken certificate', () => xmlOf({ certificates: ['AAAA'] }), /cannot be read/],
    ['an expired certificate', () => xmlOf({ certificates: [expired.der] }), /valid now/],
    ['a future certificate', () => xmlOf({ certificates: [future.der] }), /valid now/],
    ['expired metadata', () => xmlOf({ validUntil: '2020-01-01T00:00:00Z' }), /validUntil is over/],
    ['a broken validUntil', () => xmlOf({ validUntil: 'soon' }), /no time/],
  ])('%s', (_case, make, message) => {
    const xml = make();
    expect(() => parseMetadata(xml, options)).toThrow(MetadataError);
    expect(() => parseMetadata(xml, options)).toThrow(message);
  });

  test('a certificate for encryption alone', () => {
    const xml = xmlOf().replace('use="signing"', 'use="encryption"');
    expect(() => parseMetadata(xml, options)).toThrow(/no signing certificate/);
  });
});
