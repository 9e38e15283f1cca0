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
}

const iso = (time: number) => new Date(time).toISOString();

function assertionXml(values: ResponseValues): string {
  const { issuer, audience, recipient, email, notBefore, notOnOrAfter } = values;
  const { subjectInResponseTo: answered = values.inResponseTo } = values;
  const inResponseTo = answered === null ? '' : `InResponseTo="${answered}" `;
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" Version="2.0" IssueInstant="${iso(notBefore)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">${email}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData ${inResponseTo}NotOnOrAfter="${iso(notOnOrAfter)}" Recipient="${recipient}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${iso(notBefore)}" NotOnOrAfter="${iso(notOnOrAfter)}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${iso(notBefore)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>${email}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>`;
}

/** @returns the response; its assertion or the whole response is signed with the given key. */
export function signedResponse(
  values: ResponseValues,
  { privateKey, certificate }: SamlKeys,
): string {
  const success =
    '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>';
  const response = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" Version="2.0" IssueInstant="${iso(values.notBefore)}" Destination="${values.recipient}" InResponseTo="${values.inResponseTo}"><saml:Issuer>${values.issuer}</saml:Issuer>${success}${assertionXml(values)}</samlp:Response>`;
  const signature = new SignedXml({
    privateKey,
    publicCert: certificate,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  const signed = `//*[local-name(.)='${values.signed ?? 'Assertion'}']`;
  signature.addReference({
    xpath: signed,
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
  });
  signature.computeSignature(response, {
    location: { reference: `${signed}/*[local-name(.)='Issuer']`, action: 'after' },
  });
  return signature.getSignedXml();
}
