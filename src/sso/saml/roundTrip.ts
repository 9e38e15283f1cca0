/** One SAML round trip, as a test: the request that begins it, and the response that must answer it. */
import { createHash } from 'node:crypto';
import { type Profile, SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import type { IdpMetadata } from '#sso/contract.ts';
import { SSO_FAILURE } from '#sso/rules.ts';

export interface RoundTrip {
  idp: Pick<IdpMetadata, 'entityId' | 'ssoUrl' | 'binding' | 'certificates'>;
  /** Our entity id: the audience that an assertion has to name. */
  spEntityId: string;
  callbackUrl: string;
  /** Id of the one request that a response may answer. */
  requestId: string;
}

export interface TestedAssertion {
  /** SHA-256 of issuer and assertion id, hex: to know it again, and nothing else. */
  assertionHash: string;
  /** Address that the identity provider asserts; undefined when it asserts none. */
  email: string | undefined;
}

type RefusalType =
  | typeof SSO_FAILURE.signatureInvalid
  | typeof SSO_FAILURE.assertionExpired
  | typeof SSO_FAILURE.audienceMismatch
  | typeof SSO_FAILURE.responseUnsolicited
  | typeof SSO_FAILURE.responseInvalid;

/** Why a response is not accepted; its message quotes nothing of the response. */
export class SamlRefusal extends Error {
  override name = 'SamlRefusal';
  readonly type: RefusalType;
  constructor(type: RefusalType, message: string) {
    super(message);
    this.type = type;
  }
}

/** Ids are xs:ID: they begin with a letter or an underscore. */
export const requestIdOf = (tokenHash: string): string => `_${tokenHash.slice(0, 40)}`;

/** Clocks of identity providers differ a little from ours. */
const CLOCK_SKEW_MS = 30_000;
const EMAIL_ATTRIBUTES = [
  'email',
  'mail',
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
];

/** What node-saml's messages begin with, and what each means to us. */
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

/** Knows one request alone; whoever asks for another was not asked by us. */
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
    // Only a redirect's request is deflated.
    skipRequestCompression: idp.binding === 'HTTP-POST',
    idpIssuer: idp.entityId,
    idpCert: idp.certificates.map(({ der }) => der),
    // Some sign the assertion, some the whole response; one of them has to be signed in any case.
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    validateInResponseTo: ValidateInResponseTo.always,
    cacheProvider: onlyRequest(requestId),
    generateUniqueId: () => requestId,
    acceptedClockSkewMs: CLOCK_SKEW_MS,
    disableRequestedAuthnContext: true,
    identifierFormat: null,
  });

/** @returns a URL to redirect to, or a page that posts the request by itself. */
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

/** The parts of an assertion that node-saml hands over unread; as xml2js has them. */
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
 * Requires what node-saml leaves open: that the *signed* part names our request and our callback,
 * for the response's own attributes need not be signed.
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
 * @param samlResponse base64, as the identity provider has it posted.
 * @throws SamlRefusal of the named type.
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
