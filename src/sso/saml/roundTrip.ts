/** One SAML round trip, as a test: creates the request, and verifies the response to it. */
import { createHash } from 'node:crypto';
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import type { IdpMetadata } from '#sso/contract.ts';
import { addressIn } from './account.ts';
import { responseInvalid, SamlRefusal, signatureInvalid } from './refusal.ts';
import { checkAssertion, checkResponse, type Expected } from './responseRules.ts';

export interface RoundTrip {
  idp: Pick<IdpMetadata, 'entityId' | 'ssoUrl' | 'certificates'>;
  /** Our entity id: the audience that an assertion must contain. */
  spEntityId: string;
  callbackUrl: string;
  /** Id of the request that the response must answer. */
  requestId: string;
}

export interface TestedAssertion {
  /** SHA-256 of issuer and assertion id, hex: to recognise a repeated assertion. */
  assertionHash: string;
  /** E-mail address in the assertion; undefined when there is none. */
  email: string | undefined;
}

/** The type xs:ID requires that an id begins with a letter or an underscore. */
export const requestIdOf = (tokenHash: string): string => `_${tokenHash.slice(0, 40)}`;

/**
 * Errors of the library after our own checks: what remains is the signature. A message of its own
 * would contain parts of the response.
 */
const refusalOf = (error: unknown): SamlRefusal =>
  error instanceof SamlRefusal
    ? error
    : signatureInvalid('the signature is not that of the identity provider');

/** A request cache with a single request: a response to any other request is refused. */
const onlyRequest = (requestId: string) => ({
  saveAsync: async () => null,
  getAsync: async (key: string | null) => (key === requestId ? new Date().toISOString() : null),
  removeAsync: async (key: string | null) => key,
});

/** @param signed the element whose signature counts. */
const serviceProvider = (
  { idp, spEntityId, callbackUrl, requestId }: RoundTrip,
  signed: 'Response' | 'Assertion',
): SAML =>
  new SAML({
    issuer: spEntityId,
    callbackUrl,
    entryPoint: idp.ssoUrl,
    idpIssuer: idp.entityId,
    idpCert: idp.certificates.map(({ der }) => der),
    wantAssertionsSigned: signed === 'Assertion',
    wantAuthnResponseSigned: signed === 'Response',
    validateInResponseTo: ValidateInResponseTo.always,
    cacheProvider: onlyRequest(requestId),
    generateUniqueId: () => requestId,
    // Audience and times are checked by the rules of Supabase Auth.
    audience: false,
    acceptedClockSkewMs: -1,
    disableRequestedAuthnContext: true,
    identifierFormat: null,
  });

/** @returns the URL that begins the login, by HTTP-Redirect as Supabase Auth does. */
export const beginRoundTrip = (trip: RoundTrip, relayState: string): Promise<string> =>
  serviceProvider(trip, 'Assertion').getAuthorizeUrlAsync(relayState, undefined, {});

/** Padded base64 of the standard alphabet, with or without line breaks. */
function decoded(samlResponse: string): string {
  const text = samlResponse.replace(/[\r\n]/g, '');
  if (text && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    return Buffer.from(text, 'base64').toString('utf8');
  }
  throw responseInvalid('the response is not in base64');
}

const expectedOf = (trip: RoundTrip): Expected => ({
  issuer: trip.idp.entityId,
  audience: trip.spEntityId,
  callbackUrl: trip.callbackUrl,
  requestId: trip.requestId,
  certificates: trip.idp.certificates.map(({ der }) => der),
  now: Date.now(),
});

/** The part of the response that is covered by a valid signature. */
async function signedAssertion(trip: RoundTrip, samlResponse: string): Promise<string> {
  const signed = checkResponse(decoded(samlResponse), expectedOf(trip));
  const { profile } = await serviceProvider(trip, signed).validatePostResponseAsync({
    SAMLResponse: samlResponse,
  });
  const xml = profile?.getAssertionXml?.();
  if (xml) return xml;
  throw responseInvalid('the response has no assertion');
}

/**
 * Verifies a response by the rules of Supabase Auth, so that a login that passes here passes there.
 * @param samlResponse base64, as it is posted to the callback.
 * @throws SamlRefusal with the type of the refusal.
 */
export async function verifyResponse(
  trip: RoundTrip,
  samlResponse: string,
): Promise<TestedAssertion> {
  try {
    const xml = await signedAssertion(trip, samlResponse);
    const { assertion, id } = checkAssertion(xml, expectedOf(trip));
    const assertionHash = createHash('sha256').update(`${trip.idp.entityId}\n${id}`).digest('hex');
    return { assertionHash, email: addressIn(assertion) };
  } catch (error) {
    throw refusalOf(error);
  }
}
