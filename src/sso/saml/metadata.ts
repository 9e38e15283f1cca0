/** Parses SAML 2.0 metadata of an identity provider, as untrusted input. */
import { X509Certificate } from 'node:crypto';
import type { Document, Element } from '@xmldom/xmldom';
import type { IdpMetadata, SigningCertificate, SsoBinding } from '#sso/contract.ts';
import { MAX_METADATA_BYTES, MetadataError } from '#sso/rules.ts';
import { isLoopbackHost } from './loopbackHost.ts';
import { childrenOf, descendantsOf, isNamed, readXml, SAML_NAMESPACE } from './xml.ts';

const { metadata: MD, signature: DS, protocol: PROTOCOL } = SAML_NAMESPACE;
/** The only binding with which Supabase Auth begins a login. */
const BINDING: SsoBinding = 'HTTP-Redirect';
const BINDING_URN = `urn:oasis:names:tc:SAML:2.0:bindings:${BINDING}`;
const MAX_ENTITY_ID = 1024;
const MAX_CERTIFICATES = 10;

export interface MetadataOptions {
  /** Milliseconds since 1970. */
  now: number;
  /** Accepts plain http for loopback addresses: only for the embedded stack. */
  allowLoopback: boolean;
}

function parseXml(xml: string): Document {
  if (Buffer.byteLength(xml) > MAX_METADATA_BYTES) {
    throw new MetadataError(`the metadata is larger than ${MAX_METADATA_BYTES / 1024} KiB`);
  }
  const document = readXml(xml);
  if (document === 'document type') {
    throw new MetadataError('the metadata must not contain a document type or entities');
  }
  if (document === 'not well-formed') {
    throw new MetadataError('the metadata is not well-formed XML');
  }
  return document;
}

/** The entity itself, or the first identity provider of a list of entities. */
function entityOf(root: Element | null): Element {
  if (root && isNamed(root, MD, 'EntityDescriptor')) return root;
  if (root && isNamed(root, MD, 'EntitiesDescriptor')) {
    const entity = childrenOf(root, MD, 'EntityDescriptor').find(
      (one) => childrenOf(one, MD, 'IDPSSODescriptor').length > 0,
    );
    if (entity) return entity;
    throw new MetadataError('no entity of the metadata is an identity provider');
  }
  throw new MetadataError('the document must be one SAML 2.0 EntityDescriptor');
}

/** Supabase Auth refuses an entity with several descriptors, whatever their protocols are. */
function descriptorsOf(document: Document): { entity: Element; idp: Element } {
  const entity = entityOf(document.documentElement);
  const [idp, ...more] = childrenOf(entity, MD, 'IDPSSODescriptor');
  const protocols = (idp?.getAttribute('protocolSupportEnumeration') ?? '').split(/\s+/);
  if (!idp || more.length > 0 || !protocols.includes(PROTOCOL)) {
    throw new MetadataError('the metadata must describe one SAML 2.0 identity provider');
  }
  return { entity, idp };
}

/** References such as &#0; and &#xD800; give characters that PostgreSQL cannot store. */
const isPlain = (text: string): boolean => text.isWellFormed() && !/[\s\p{C}]/u.test(text);

function entityIdOf(entity: Element): string {
  const id = entity.getAttribute('entityID') ?? '';
  if (!id || id.length > MAX_ENTITY_ID || !isPlain(id)) {
    throw new MetadataError('the metadata has no usable entityID');
  }
  return id;
}

function isAcceptable(location: string, { allowLoopback }: MetadataOptions): boolean {
  if (!isPlain(location) || !URL.canParse(location)) return false;
  const url = new URL(location);
  if (url.username || url.password) return false;
  return url.protocol === 'https:' || (allowLoopback && isLoopbackHost(url.hostname));
}

/** The first address counts, as at Supabase Auth, even when a later one would be better. */
function signOnOf(idp: Element, options: MetadataOptions) {
  const service = childrenOf(idp, MD, 'SingleSignOnService').find(
    (one) => one.getAttribute('Binding') === BINDING_URN,
  );
  const ssoUrl = service?.getAttribute('Location') ?? '';
  if (isAcceptable(ssoUrl, options)) return { binding: BINDING, ssoUrl };
  throw new MetadataError(`the metadata has no SingleSignOnService with ${BINDING} on https`);
}

function certificateOf(text: string): SigningCertificate {
  try {
    const certificate = new X509Certificate(Buffer.from(text.replace(/\s+/g, ''), 'base64'));
    return {
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      notBefore: certificate.validFromDate.toISOString(),
      notAfter: certificate.validToDate.toISOString(),
      der: certificate.raw.toString('base64'),
    };
  } catch {
    throw new MetadataError('a signing certificate in the metadata cannot be read');
  }
}

function certificatesOf(idp: Element, now: number): SigningCertificate[] {
  const found = childrenOf(idp, MD, 'KeyDescriptor')
    .filter((key) => [null, '', 'signing'].includes(key.getAttribute('use')))
    .flatMap((key) => descendantsOf(key, DS, 'KeyInfo', 'X509Data', 'X509Certificate'))
    .map((element) => certificateOf(element.textContent ?? ''));
  const distinct = [...new Map(found.map((one) => [one.fingerprint, one])).values()];
  if (distinct.length === 0) throw new MetadataError('the metadata has no signing certificate');
  if (distinct.length > MAX_CERTIFICATES) {
    throw new MetadataError(`the metadata has more than ${MAX_CERTIFICATES} signing certificates`);
  }
  const valid = distinct.filter(
    ({ notBefore, notAfter }) => Date.parse(notBefore) <= now && now < Date.parse(notAfter),
  );
  if (valid.length > 0) return valid;
  throw new MetadataError(
    'no signing certificate in the metadata is valid now: all have expired or have not begun',
  );
}

/** The earlier date of the entity and its descriptor. */
function validUntilOf(elements: Element[], now: number): string | null {
  const times = elements
    .map((element) => element.getAttribute('validUntil'))
    .filter((value) => value !== null && value !== '')
    .map((value) => Date.parse(value!));
  if (times.length === 0) return null;
  const until = Math.min(...times);
  if (Number.isNaN(until)) throw new MetadataError('validUntil in the metadata is no time');
  if (until <= now) throw new MetadataError('the metadata has expired: validUntil is over');
  return new Date(until).toISOString();
}

/**
 * @param xml the document as it was sent or fetched.
 * @throws MetadataError that says what to change; it contains nothing from the document.
 */
export function parseMetadata(xml: string, options: MetadataOptions): IdpMetadata {
  const { entity, idp } = descriptorsOf(parseXml(xml));
  return {
    entityId: entityIdOf(entity),
    ...signOnOf(idp, options),
    certificates: certificatesOf(idp, options.now),
    validUntil: validUntilOf([entity, idp], options.now),
  };
}
