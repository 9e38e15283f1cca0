/** Rules of single sign-on: states, failures, certificate warnings, and our names in SAML. */
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

/** The states in which a run is in progress. */
export const SSO_UNDER_WAY: readonly SsoStatus[] = [
  'requested',
  'validated',
  'configured',
  'testing',
  'tested',
];

/** `ApplicationFailure.type` values in addition to those of FAILURE. */
export const SSO_FAILURE = {
  /** The configuration has ended, and is not repeated. */
  over: 'SsoConfigurationOver',
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

/** `ApplicationFailure.type` values of errors of Supabase Auth about an identity provider. */
export const SSO_PROVIDER_FAILURE = {
  provider: 'supabase',
  conflict: 'SsoProviderConflict',
  rejected: 'SsoProviderRejected',
  unavailable: 'SsoProviderUnavailable',
} as const;

/** An error in metadata; its message is for the person who sent them. */
export class MetadataError extends Error {
  override name = 'MetadataError';
}

export const MAX_METADATA_BYTES = 128 * 1024;

const DAY_MS = 86_400_000;

/** Days before the end of a certificate at which a warning is due. */
export const EXPIRY_WARNING_DAYS = [30, 14, 3] as const;

/**
 * The warning that is due now: the smallest threshold that has been reached, also after expiry.
 * Undefined before the first threshold.
 */
export function dueWarning(notAfter: string, now: number): number | undefined {
  const daysLeft = (Date.parse(notAfter) - now) / DAY_MS;
  return EXPIRY_WARNING_DAYS.filter((days) => daysLeft <= days).at(-1);
}

/** Warnings for a valid configuration whose certificates or metadata expire soon. */
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

/** Entity id of the service provider: that of Supabase Auth, which the test uses, too. */
export const spEntityId = (supabaseUrl: string): string =>
  `${supabaseUrl.replace(/\/$/, '')}/auth/v1/sso/saml/metadata`;

/** Identity providers must accept it in addition to Supabase's assertion consumer service. */
export const callbackUrlOf = (publicApiUrl: string): string =>
  `${publicApiUrl.replace(/\/$/, '')}${SSO_CALLBACK_PATH}`;

export const testUrlOf = (publicApiUrl: string, token: string): string =>
  `${publicApiUrl.replace(/\/$/, '')}${SSO_TEST_PATH}/${token}`;
