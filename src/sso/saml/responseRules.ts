/**
 * What Supabase Auth checks of a response beside its signature (supabase/auth,
 * internal/api/samlacs.go, with crewjam/saml 0.4.14, service_provider.go). docs/single-sign-on.md
 * has the rules as a table.
 */
import type { Element } from '@xmldom/xmldom';
import {
  assertionExpired,
  audienceMismatch,
  responseInvalid,
  signatureInvalid,
  unsolicited,
} from './refusal.ts';
import { childrenOf, descendantsOf, isNamed, readXml, SAML_NAMESPACE } from './xml.ts';

const { protocol: P, assertion: A, signature: DS } = SAML_NAMESPACE;

/** How old a response and its assertion may be, in milliseconds: crewjam's MaxIssueDelay. */
const MAX_ISSUE_DELAY_MS = 90_000;
/** The allowed difference of clocks for the period of validity: crewjam's MaxClockSkew. */
const CLOCK_SKEW_MS = 180_000;

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
/** SHA-1 is left out on purpose. Supabase Auth knows RSA-SHA384 and ECDSA, too; our library not. */
const SIGNATURE_METHODS = [
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
];
const DIGEST_METHODS = [
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
];

/** What a response must name and answer. */
export interface Expected {
  /** Entity id of the identity provider. */
  issuer: string;
  /** Our entity id. */
  audience: string;
  callbackUrl: string;
  requestId: string;
  /** Base64 of the DER form of each signing certificate that is valid now. */
  certificates: readonly string[];
  /** Milliseconds since 1970. */
  now: number;
}

const textOf = (element: Element | undefined): string => element?.textContent ?? '';
/** NaN without the attribute: every comparison with it is false, so ask for what must hold. */
const timeOf = (element: Element | undefined, name: string): number =>
  Date.parse(element?.getAttribute(name) ?? '');

function requireRecent(element: Element, now: number): void {
  if (timeOf(element, 'IssueInstant') + MAX_ISSUE_DELAY_MS >= now) return;
  throw assertionExpired(
    `the response is older than ${MAX_ISSUE_DELAY_MS / 1000} seconds, or the clock of the identity provider is slow`,
  );
}

function algorithmsOf(signature: Element, path: string[]): string[] {
  const elements = descendantsOf(signature, DS, 'SignedInfo', ...path);
  return elements.map((element) => element.getAttribute('Algorithm') ?? '');
}

function requireStrongAlgorithms(signature: Element): void {
  const methods = algorithmsOf(signature, ['SignatureMethod']);
  const digests = algorithmsOf(signature, ['Reference', 'DigestMethod']);
  const all = [...methods, ...digests];
  if (all.some((algorithm) => /sha1$/.test(algorithm))) {
    throw signatureInvalid('the signature uses SHA-1: choose RSA-SHA256 at the identity provider');
  }
  const known =
    methods.every((method) => SIGNATURE_METHODS.includes(method)) &&
    digests.every((digest) => DIGEST_METHODS.includes(digest));
  if (known) return;
  throw signatureInvalid(
    'this test cannot check the algorithm of the signature: choose RSA-SHA256 at the identity provider',
  );
}

/** With a certificate in the signature, it must be one of the metadata; without, there is one. */
function requireKnownCertificate(signature: Element, certificates: readonly string[]): void {
  const path = ['KeyInfo', 'X509Data', 'X509Certificate'];
  const [named] = descendantsOf(signature, DS, ...path);
  const known = named
    ? certificates.includes(textOf(named).replace(/\s+/g, ''))
    : certificates.length === 1;
  if (known) return;
  throw signatureInvalid(
    named
      ? 'the response is signed with a certificate that is not in the metadata'
      : 'the metadata has several certificates, so the signature must name its own',
  );
}

/** @returns the signature of the element itself, if it has one. */
function signatureOf(element: Element, expected: Expected): Element | undefined {
  const [signature, ...more] = childrenOf(element, DS, 'Signature');
  if (more.length > 0) throw signatureInvalid('an element of the response has several signatures');
  if (!signature) return undefined;
  requireStrongAlgorithms(signature);
  requireKnownCertificate(signature, expected.certificates);
  return signature;
}

function requireIssuer(issuer: Element | undefined, expected: Expected): void {
  if (textOf(issuer) === expected.issuer) return;
  throw signatureInvalid('the response is from another identity provider');
}

function requireSuccess(response: Element): void {
  const [code] = descendantsOf(response, P, 'Status', 'StatusCode');
  if (code?.getAttribute('Value') === SUCCESS) return;
  throw responseInvalid('the identity provider reports that the login has failed');
}

function requireDestination(response: Element, isSigned: boolean, { callbackUrl }: Expected): void {
  const destination = response.getAttribute('Destination') ?? '';
  if (destination === callbackUrl || (destination === '' && !isSigned)) return;
  throw audienceMismatch('the response is meant for another address (Destination)');
}

function theAssertion(response: Element): Element {
  const assertions = childrenOf(response, A, 'Assertion');
  const encrypted = childrenOf(response, A, 'EncryptedAssertion');
  if (encrypted.length > 0) {
    throw responseInvalid(
      'the assertion is encrypted: switch encryption off at the identity provider',
    );
  }
  if (assertions.length === 1) return assertions[0]!;
  throw assertions.length === 0
    ? responseInvalid('the response has no assertion')
    : signatureInvalid('the response has several assertions');
}

/**
 * Checks what stands around the assertion.
 * @param xml the whole response; what it says outside of a signature proves nothing.
 * @returns which element's signature counts: with a signature, the response's own must be valid.
 * @throws SamlRefusal
 */
export function checkResponse(xml: string, expected: Expected): 'Response' | 'Assertion' {
  const document = readXml(xml);
  const response = typeof document === 'string' ? null : document.documentElement;
  if (!response || !isNamed(response, P, 'Response')) {
    throw responseInvalid('the response is not a SAML 2.0 response');
  }
  const isSigned = signatureOf(response, expected) !== undefined;
  requireDestination(response, isSigned, expected);
  if (response.getAttribute('InResponseTo') !== expected.requestId) {
    throw unsolicited('the response answers no request of this test');
  }
  requireRecent(response, expected.now);
  const [issuer] = childrenOf(response, A, 'Issuer');
  if (issuer) requireIssuer(issuer, expected);
  requireSuccess(response);
  const assertion = theAssertion(response);
  if (!signatureOf(assertion, expected) && !isSigned) {
    throw signatureInvalid('neither the response nor its assertion is signed');
  }
  return isSigned ? 'Response' : 'Assertion';
}

function requireConfirmed(assertion: Element, expected: Expected): void {
  const { requestId, callbackUrl, now } = expected;
  const confirmations = descendantsOf(assertion, A, 'Subject', 'SubjectConfirmation');
  // Supabase Auth accepts none at all; then nothing that is signed answers our request.
  if (confirmations.length === 0) throw responseInvalid('the assertion confirms no subject');
  for (const confirmation of confirmations) {
    const [data] = childrenOf(confirmation, A, 'SubjectConfirmationData');
    if (data?.getAttribute('InResponseTo') !== requestId) {
      throw unsolicited('the assertion answers no request of this test');
    }
    if (data.getAttribute('Recipient') !== callbackUrl) {
      throw audienceMismatch('the assertion is meant for another recipient');
    }
    if (!(timeOf(data, 'NotOnOrAfter') + CLOCK_SKEW_MS >= now)) {
      throw assertionExpired('the assertion has expired, or does not say until when it is valid');
    }
  }
}

function requireConditions(assertion: Element, { audience, now }: Expected): void {
  const [conditions] = childrenOf(assertion, A, 'Conditions');
  if (!conditions) throw responseInvalid('the assertion has no conditions');
  if (conditions.hasAttribute('NotBefore')) {
    if (!(timeOf(conditions, 'NotBefore') - CLOCK_SKEW_MS <= now)) {
      throw assertionExpired('the assertion is not valid yet');
    }
  }
  if (!(timeOf(conditions, 'NotOnOrAfter') + CLOCK_SKEW_MS >= now)) {
    throw assertionExpired('the assertion has expired, or does not say until when it is valid');
  }
  const restrictions = childrenOf(conditions, A, 'AudienceRestriction');
  // Of several audiences in one restriction, Supabase Auth reads the last.
  const audiences = restrictions.map((one) => textOf(childrenOf(one, A, 'Audience').at(-1)));
  if (restrictions.length > 0 && !audiences.includes(audience)) {
    throw audienceMismatch('the assertion is meant for another audience');
  }
}

/**
 * Checks the assertion itself.
 * @param xml the assertion as it was signed.
 * @returns its element and its id.
 * @throws SamlRefusal
 */
export function checkAssertion(
  xml: string,
  expected: Expected,
): { assertion: Element; id: string } {
  const document = readXml(xml);
  const assertion = typeof document === 'string' ? null : document.documentElement;
  const id = assertion?.getAttribute('ID');
  if (!assertion || !isNamed(assertion, A, 'Assertion') || !id) {
    throw responseInvalid('the response has no SAML 2.0 assertion');
  }
  requireRecent(assertion, expected.now);
  requireIssuer(childrenOf(assertion, A, 'Issuer')[0], expected);
  requireConfirmed(assertion, expected);
  requireConditions(assertion, expected);
  return { assertion, id };
}
