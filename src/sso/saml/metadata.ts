/** Parses SAML 2.0 metadata of an identity provider, as untrusted input. */
import { X509Certificate } from 'node:crypto';
import { DOMParser, type Document, type Element } from '@xmldom/xmldom';
import type { IdpMetadata, SigningCertificate, SsoBinding } from '#sso/contract.ts';
import { MAX_METADATA_BYTES, MetadataError } from '#sso/rules.ts';
import { isLoopbackHost } from './loopbackHost.ts';

const MD = 'urn:oasis:names:tc:SAML:2.0:metadata';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const BINDING_PREFIX = 'urn:oasis:names:tc:SAML:2.0:bindings:';
/** The bindings in order of preference: a link can start HTTP-Redirect directly. */
const BINDINGS: readonly SsoBinding[] = ['HTTP-Redirect', 'HTTP-POST'];
const MAX_ENTITY_ID = 1024;
const MAX_CERTIFICATES = 10;

export interface MetadataOptions {
  /** Milliseconds since 1970. */
  now: number;
  /** Accepts plain http for loopback addresses: only for the embedded stack. */
  allowLoopback: boolean;
}

/** Refuses a document type: without one, no entities can be declared or expanded. */
function parseXml(xml: string): Document {
  if (Buffer.byteLength(xml) > MAX_METADATA_BYTES) {
    throw new MetadataError(`the metadata is larger than ${MAX_METADATA_BYTES / 1024} KiB`);
  }
  if (/<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(xml)) {
    throw new MetadataError('the metadata must not contain a document type or entities');
  }
  const refuse = () => {
    throw new MetadataError('the metadata is not well-formed XML');
  };
  try {
    return new DOMParser({ onError: refuse }).parseFromString(xml, 'text/xml');
  } catch {
    return refuse();
  }
}

const childrenOf = (parent: Element, namespace: string, name: string): Element[] =>
  [...parent.childNodes].filter(
    (node): node is Element =>
      node.nodeType === node.ELEMENT_NODE &&
      (node as Element).namespaceURI === namespace &&
      (node as Element).localName === name,
  );

function descriptorsOf(document: Document): { entity: Element; idp: Element } {
  const entity = document.documentElement;
  if (entity?.namespaceURI !== MD || entity.localName !== 'EntityDescriptor') {
    throw new MetadataError('the document must be one SAML 2.0 EntityDescriptor');
  }
  const [idp, ...more] = childrenOf(entity, MD, 'IDPSSODescriptor').filter((descriptor) =>
    (descriptor.getAttribute('protocolSupportEnumeration') ?? '').split(/\s+/).includes(PROTOCOL),
  );
  if (!idp || more.length > 0) {
    throw new MetadataError('the metadata must describe one SAML 2.0 identity provider');
  }
  return { entity, idp };
}

function entityIdOf(entity: Element): string {
  const id = entity.getAttribute('entityID')?.trim() ?? '';
  if (!id || id.length > MAX_ENTITY_ID || /\s/.test(id)) {
    throw new MetadataError('the metadata has no usable entityID');
  }
  return id;
}

function isAcceptable(location: string, { allowLoopback }: MetadataOptions): boolean {
  if (!URL.canParse(location)) return false;
  const url = new URL(location);
  if (url.username || url.password) return false;
  return url.protocol === 'https:' || (allowLoopback && isLoopbackHost(url.hostname));
}

function signOnOf(idp: Element, options: MetadataOptions) {
  const services = childrenOf(idp, MD, 'SingleSignOnService').map((service) => ({
    binding: service.getAttribute('Binding')?.replace(BINDING_PREFIX, ''),
    ssoUrl: service.getAttribute('Location')?.trim() ?? '',
  }));
  for (const binding of BINDINGS) {
    const service = services.find(
      (one) => one.binding === binding && isAcceptable(one.ssoUrl, options),
    );
    if (service) return { binding, ssoUrl: service.ssoUrl };
  }
  throw new MetadataError(
    'the metadata has no SingleSignOnService with HTTP-POST or HTTP-Redirect on https',
  );
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
    .flatMap((key) => [...key.getElementsByTagNameNS(DS, 'X509Certificate')])
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
