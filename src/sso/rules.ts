/** Single sign-on: an identity provider as its metadata describes it, and what may be wrong with it. */
import { type IdpMetadata, SSO_CALLBACK_PATH, SSO_TEST_PATH } from './contract.ts';

export const SSO_STATUSES = [
  'requested',
  'validated',
  'configured',
  'testing',
  'tested',
  'active',
  'failed',
  'cancelled',
  'deactivated',
  'replaced',
] as const;

export type SsoStatus = (typeof SSO_STATUSES)[number];

/** A run is under way in these. */
export const SSO_UNDER_WAY: readonly SsoStatus[] = [
  'requested',
  'validated',
  'configured',
  'testing',
  'tested',
];

/** `ApplicationFailure.type` values beside those of FAILURE. */
export const SSO_FAILURE = {
  metadataRejected: 'SsoMetadataRejected',
  metadataUnavailable: 'SsoMetadataUnavailable',
  signatureInvalid: 'SsoSignatureInvalid',
  assertionExpired: 'SsoAssertionExpired',
  audienceMismatch: 'SsoAudienceMismatch',
  assertionReplayed: 'SsoAssertionReplayed',
  responseUnsolicited: 'SsoResponseUnsolicited',
  responseInvalid: 'SsoResponseInvalid',
  addressOutsideDomains: 'SsoAddressOutsideDomains',
  testTimedOut: 'SsoTestTimedOut',
  noVerifiedDomain: 'SsoNoVerifiedDomain',
  nobodyToTell: 'SsoNobodyToTell',
} as const;

/** `ApplicationFailure.type` of what Supabase Auth answers about an identity provider. */
export const SSO_PROVIDER_FAILURE = {
  conflict: 'SsoProviderConflict',
  rejected: 'SsoProviderRejected',
  unavailable: 'SsoProviderUnavailable',
} as const;

/** What is wrong with metadata; the words are for the person who sent it. */
export class MetadataError extends Error {
  override name = 'MetadataError';
}

export const MAX_METADATA_BYTES = 128 * 1024;

const DAY_MS = 86_400_000;

/** Days before the end of a certificate at which a warning is due. */
export const EXPIRY_WARNING_DAYS = [30, 14, 3] as const;

/**
 * The warning that is due now: the smallest threshold that has been reached; undefined before the
 * first. An expired certificate is at its last threshold.
 */
export function dueWarning(notAfter: string, now: number): number | undefined {
  const daysLeft = (Date.parse(notAfter) - now) / DAY_MS;
  return EXPIRY_WARNING_DAYS.filter((days) => daysLeft <= days).at(-1);
}

/** Warnings for a configuration that is valid, but not for long. */
export function expiryWarnings(
  { certificates, validUntil }: Pick<IdpMetadata, 'certificates' | 'validUntil'>,
  now: number,
): string[] {
  const warnings = certificates
    .filter(({ notAfter }) => dueWarning(notAfter, now) !== undefined)
    .map(
      ({ fingerprint, notAfter }) =>
        `the signing certificate ${fingerprint.slice(0, 16)} ends on ${notAfter.slice(0, 10)}`,
    );
  if (validUntil && dueWarning(validUntil, now) !== undefined) {
    warnings.push(`the metadata is valid until ${validUntil.slice(0, 10)} only`);
  }
  return warnings;
}

/** SAML names of us, the service provider: Supabase Auth's own, which the test shares. */
export const spEntityId = (supabaseUrl: string): string =>
  `${supabaseUrl.replace(/\/$/, '')}/auth/v1/sso/saml/metadata`;

/** Identity providers have to accept it beside Supabase's own assertion consumer. */
export const callbackUrlOf = (publicApiUrl: string): string =>
  `${publicApiUrl.replace(/\/$/, '')}${SSO_CALLBACK_PATH}`;

export const testUrlOf = (publicApiUrl: string, token: string): string =>
  `${publicApiUrl.replace(/\/$/, '')}${SSO_TEST_PATH}/${token}`;
