/** One round trip of SAML with the loopback identity provider, and responses with faults. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type LoopbackIdp, startLoopbackIdp } from '#dev/loopback/loopbackIdp.ts';
import type { SamlKeys } from '#dev/loopback/samlCertificate.ts';
import { type ResponseValues, signedResponse } from '#dev/loopback/samlDocuments.ts';
import { parseMetadata } from '#sso/saml/metadata.ts';
import { type RoundTrip, requestIdOf, verifyResponse } from '#sso/saml/roundTrip.ts';

export const encoded = (text: string): string => Buffer.from(text).toString('base64');
export const decoded = (response: string): string => Buffer.from(response, 'base64').toString();

/** Call it at the top of a test file; its values are there while tests run. */
export function useSamlTrip() {
  let idp: LoopbackIdp;
  let trip: RoundTrip;
  beforeAll(async () => {
    idp = await startLoopbackIdp();
  });
  beforeEach(() => {
    idp.fault = 'none';
    trip = tripOf('a'.repeat(64));
  });
  afterAll(() => idp.stop());

  const tripOf = (tokenHash: string, metadata = idp.metadata()): RoundTrip => ({
    idp: parseMetadata(metadata, { now: Date.now(), allowLoopback: true }),
    spEntityId: 'https://project.example/auth/v1/sso/saml/metadata',
    callbackUrl: 'https://api.example/sso/callback',
    requestId: requestIdOf(tokenHash),
  });

  /** A response with changes, signed with the provider's key. */
  function responseWith(changes: Partial<ResponseValues> = {}, keys: SamlKeys = idp.keys): string {
    const values: ResponseValues = {
      issuer: idp.entityId,
      audience: trip.spEntityId,
      recipient: trip.callbackUrl,
      inResponseTo: trip.requestId,
      email: 'ada@example.org',
      notBefore: Date.now() - 1000,
      notOnOrAfter: Date.now() + 60_000,
      ...changes,
    };
    return encoded(signedResponse(values, keys));
  }

  /** What the test says of a response: the account, or the refusal. */
  const verdictOn = (response: string, on: RoundTrip = trip) =>
    verifyResponse(on, response).catch((error) => error);

  return {
    get idp() {
      return idp;
    },
    get trip() {
      return trip;
    },
    tripOf,
    responseWith,
    verdictOn,
  };
}
