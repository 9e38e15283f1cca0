/** One SAML round trip, as a test: creates the request, and verifies the response to it. */
import { createHash } from 'node:crypto';
import { type Profile, SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import type { IdpMetadata } from '#sso/contract.ts';
import { SSO_FAILURE } from '#sso/rules.ts';

export interface RoundTrip {
  idp: Pick<IdpMetadata, 'entityId' | 'ssoUrl' | 'binding' | 'certificates'>;
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

type RefusalType =
  | typeof SSO_FAILURE.signatureInvalid
  | typeof SSO_FAILURE.assertionExpired
  | typeof SSO_FAILURE.audienceMismatch
  | typeof SSO_FAILURE.responseUnsolicited
  | typeof SSO_FAILURE.responseInvalid;

/** Why a response is refused; its message contains nothing from the response. */
export class SamlRefusal extends Error {
  override name = 'SamlRefusal';
  readonly type: RefusalType;
  constructor(type: RefusalType, message: string) {
    super(message);
    this.type = type;
  }
}

/** The type xs:ID requires that an id begins with a letter or an underscore. */
export const requestIdOf = (tokenHash: string): string => `_${tokenHash.slice(0, 40)}`;

/** Accepted difference between the clocks of the identity provider and ours. */
const CLOCK_SKEW_MS = 30_000;
const EMAIL_ATTRIBUTES = [
  'email',
  'mail',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
];

/** How node-saml's messages begin, and the refusal for each. */
const REFUSALS: [RegExp, RefusalType, string][] = [
  [
    /InResponseTo/i,
    SSO_FAILURE.responseUnsolicited,
    'the response answers no request of this test',
  ],
  [
    /assertion (expired|not yet valid)|No valid subject confirmation/i,
    SSO_FAILURE.assertionExpired,
    'the assertion is not valid now: it has expired or has not begun',
  ],
  [/audience/i, SSO_FAILURE.audienceMismatch, 'the assertion is meant for another audience'],
  [/issuer/i, SSO_FAILURE.signatureInvalid, 'the response is from another identity provider'],
  [
    /signature|signed/i,
    SSO_FAILURE.signatureInvalid,
    'the signature is not that of the identity provider',
  ],
];

function refusalOf(error: unknown): SamlRefusal {
  if (error instanceof SamlRefusal) return error;
  const message = (error as Error).message ?? '';
  const [, type, text] = REFUSALS.find(([pattern]) => pattern.test(message)) ?? [];
  return new SamlRefusal(
    type ?? SSO_FAILURE.responseInvalid,
    text ?? 'the response is not a successful SAML 2.0 response',
  );
}

/** A request cache with a single request: a response to any other request is refused. */
const onlyRequest = (requestId: string) => ({
  saveAsync: async () => null,
  getAsync: async (key: string | null) => (key === requestId ? new Date().toISOString() : null),
  removeAsync: async (key: string | null) => key,
});

const serviceProvider = ({ idp, spEntityId, callbackUrl, requestId }: RoundTrip): SAML =>
  new SAML({
    issuer: spEntityId,
    audience: spEntityId,
    callbackUrl,
    entryPoint: idp.ssoUrl,
    authnRequestBinding: idp.binding,
    // Only the request of a redirect is deflated.
    skipRequestCompression: idp.binding === 'HTTP-POST',
    idpIssuer: idp.entityId,
    idpCert: idp.certificates.map(({ der }) => der),
    // Providers sign the assertion or the whole response; one of the two must be signed.
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    validateInResponseTo: ValidateInResponseTo.always,
    cacheProvider: onlyRequest(requestId),
    generateUniqueId: () => requestId,
    acceptedClockSkewMs: CLOCK_SKEW_MS,
    disableRequestedAuthnContext: true,
    identifierFormat: null,
  });

/** @returns a URL to redirect to, or a page that submits the request automatically. */
export async function beginRoundTrip(
  trip: RoundTrip,
  relayState: string,
): Promise<{ url: string } | { page: string }> {
  const saml = serviceProvider(trip);
  return trip.idp.binding === 'HTTP-POST'
    ? { page: await saml.getAuthorizeFormAsync(relayState) }
    : { url: await saml.getAuthorizeUrlAsync(relayState, undefined, {}) };
}

function emailOf(profile: Profile): string | undefined {
  const asserted = [...EMAIL_ATTRIBUTES.map((name) => profile[name]), profile.nameID];
  return asserted
    .flat()
    .find((value): value is string => typeof value === 'string' && value.includes('@'));
}

/** The parts of an assertion that node-saml does not check; the structure is that of xml2js. */
interface ParsedAssertion {
  Assertion?: {
    $?: { ID?: string };
    Subject?: {
      SubjectConfirmation?: {
        SubjectConfirmationData?: { $?: { Recipient?: string; InResponseTo?: string } }[];
      }[];
    }[];
  };
}

/**
 * Checks what node-saml does not: that the *signed* part contains our request id and our callback.
 * The attributes of the response itself may be unsigned.
 * @returns the assertion's id.
 */
function requireOurs(profile: Profile, { callbackUrl, requestId }: RoundTrip): string {
  const { Assertion: assertion } = (profile.getAssertion?.() ?? {}) as ParsedAssertion;
  const confirmations = (assertion?.Subject?.[0]?.SubjectConfirmation ?? []).flatMap(
    ({ SubjectConfirmationData: data = [] }) => data.map(({ $ = {} }) => $),
  );
  if (!assertion?.$?.ID || confirmations.length === 0) {
    throw new SamlRefusal(SSO_FAILURE.responseInvalid, 'the assertion confirms no subject');
  }
  if (confirmations.some(({ InResponseTo }) => InResponseTo !== requestId)) {
    throw new SamlRefusal(
      SSO_FAILURE.responseUnsolicited,
      'the assertion answers no request of this test',
    );
  }
  if (confirmations.some(({ Recipient }) => Recipient !== callbackUrl)) {
    throw new SamlRefusal(
      SSO_FAILURE.audienceMismatch,
      'the assertion is meant for another recipient',
    );
  }
  return assertion.$.ID;
}

/**
 * Verifies signature, issuer, audience, recipient, InResponseTo and validity of a response.
 * @param samlResponse base64, as it is posted to the callback.
 * @throws SamlRefusal with the type of the refusal.
 */
export async function verifyResponse(
  trip: RoundTrip,
  samlResponse: string,
): Promise<TestedAssertion> {
  try {
    const { profile } = await serviceProvider(trip).validatePostResponseAsync({
      SAMLResponse: samlResponse,
    });
    if (!profile)
      throw new SamlRefusal(SSO_FAILURE.responseInvalid, 'the response has no assertion');
    const assertionId = requireOurs(profile, trip);
    const assertionHash = createHash('sha256')
      .update(`${profile.issuer}\n${assertionId}`)
      .digest('hex');
    return { assertionHash, email: emailOf(profile) };
  } catch (error) {
    throw refusalOf(error);
  }
}
