/** Single sign-on: an identity provider as its metadata describes it, and what may be wrong with it. */

export const SSO_STEPS = [
  'validate_metadata',
  'configure_provider',
  'test_flow',
  'activate_sso',
  'notify',
] as const;
export type SsoStep = (typeof SSO_STEPS)[number];

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

export type SsoBinding = 'HTTP-POST' | 'HTTP-Redirect';

export interface SigningCertificate {
  /** SHA-256 of the DER form, lower-case hex. */
  fingerprint: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  /** Base64 of the DER form. Public by nature. */
  der: string;
}

export interface IdpMetadata {
  entityId: string;
  ssoUrl: string;
  binding: SsoBinding;
  /** Those that are valid now; at least one. */
  certificates: SigningCertificate[];
  /** ISO 8601; until when the document itself may be relied on. */
  validUntil: string | null;
}

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

/** Public routes of the test, outside the authenticated API. */
export const SSO_CALLBACK_PATH = '/sso/callback';
export const SSO_TEST_PATH = '/sso/test';
/** Identity providers have to accept it beside Supabase's own assertion consumer. */
export const callbackUrlOf = (publicApiUrl: string): string =>
  `${publicApiUrl.replace(/\/$/, '')}${SSO_CALLBACK_PATH}`;
export const testUrlOf = (publicApiUrl: string, token: string): string =>
  `${publicApiUrl.replace(/\/$/, '')}${SSO_TEST_PATH}/${token}`;
