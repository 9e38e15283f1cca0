/**
 * Documents of the loopback identity provider: metadata and signed responses, also invalid ones.
 */
import { randomUUID } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import type { SamlKeys } from './samlCertificate.ts';

export interface MetadataValues {
  entityId: string;
  ssoUrl: string;
  certificates: string[];
  binding?: 'HTTP-POST' | 'HTTP-Redirect';
  validUntil?: string;
}

export function metadataXml(values: MetadataValues): string {
  const { entityId, ssoUrl, certificates, binding = 'HTTP-Redirect', validUntil } = values;
  const keys = certificates.map(
    (der) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"${validUntil ? ` validUntil="${validUntil}"` : ''}>
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    ${keys.join('\n    ')}
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${ssoUrl}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`;
}

export interface ResponseValues {
  issuer: string;
  audience: string;
  recipient: string;
  inResponseTo: string;
  email: string;
  /** Epoch milliseconds. */
  notBefore: number;
  notOnOrAfter: number;
  /** InResponseTo of the signed part, when it differs from the response's own; null for none. */
  subjectInResponseTo?: string | null;
  /** The element that is signed; by default the assertion. */
  signed?: 'Assertion' | 'Response';
  /** Epoch milliseconds; by default now. */
  issueInstant?: number;
  /** Attributes of the response itself. */
  destination?: string;
  responseIssuer?: string;
  /** The last part of the status code; by default Success. */
  status?: string;
  /** The subject's NameID, and the attributes, as XML; by default an address in both. */
  nameId?: string;
  attributes?: string;
  /** The restrictions of the audience, as XML. */
  audiences?: string;
  /** Identifiers of the algorithms; by default RSA-SHA256 and SHA-256. */
  signatureAlgorithm?: string;
  digestAlgorithm?: string;
  /** The signature names its certificate. */
  named?: boolean;
}

/** An attribute with one value. */
export const attributeXml = (name: string, value: string, friendlyName?: string): string =>
  `<saml:Attribute Name="${name}"${friendlyName ? ` FriendlyName="${friendlyName}"` : ''}><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`;

export const nameIdXml = (value: string, format?: string): string =>
  `<saml:NameID${format ? ` Format="${format}"` : ''}>${value}</saml:NameID>`;

const iso = (time: number) => new Date(time).toISOString();

function assertionXml(values: ResponseValues): string {
  const { issuer, audience, recipient, email, notBefore, notOnOrAfter } = values;
  const { subjectInResponseTo: answered = values.inResponseTo, issueInstant = Date.now() } = values;
  const {
    nameId = nameIdXml(email, 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'),
    attributes = attributeXml('email', email),
    audiences = `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`,
  } = values;
  const inResponseTo = answered === null ? '' : `InResponseTo="${answered}" `;
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" Version="2.0" IssueInstant="${iso(issueInstant)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject>${nameId}<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ${inResponseTo}NotOnOrAfter="${iso(notOnOrAfter)}" Recipient="${recipient}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${iso(notBefore)}" NotOnOrAfter="${iso(notOnOrAfter)}">${audiences}</saml:Conditions><saml:AuthnStatement AuthnInstant="${iso(issueInstant)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes}</saml:AttributeStatement></saml:Assertion>`;
}

function responseXml(values: ResponseValues): string {
  const { issueInstant = Date.now(), status = 'Success', inResponseTo } = values;
  const { destination = values.recipient, responseIssuer = values.issuer } = values;
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" Version="2.0" IssueInstant="${iso(issueInstant)}" Destination="${destination}" InResponseTo="${inResponseTo}"><saml:Issuer>${responseIssuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"/></samlp:Status>${assertionXml(values)}</samlp:Response>`;
}

/** Signs an element of a document, which has an issuer as its first child. */
export function signedXml(
  xml: string,
  values: Pick<ResponseValues, 'signed' | 'signatureAlgorithm' | 'digestAlgorithm' | 'named'>,
  { privateKey, certificate }: SamlKeys,
): string {
  const { named = true } = values;
  const signature = new SignedXml({
    privateKey,
    ...(named && { publicCert: certificate }),
    signatureAlgorithm:
      values.signatureAlgorithm ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  const signed = `//*[local-name(.)='${values.signed ?? 'Assertion'}']`;
  signature.addReference({
    xpath: signed,
    digestAlgorithm: values.digestAlgorithm ?? 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
  });
  signature.computeSignature(xml, {
    location: { reference: `${signed}/*[local-name(.)='Issuer']`, action: 'after' },
  });
  return signature.getSignedXml();
}

/** @returns the response; its assertion or the whole response is signed with the given key. */
export const signedResponse = (values: ResponseValues, keys: SamlKeys): string =>
  signedXml(responseXml(values), values, keys);
