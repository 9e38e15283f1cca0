/** Says in words why a TLS connection failed, and what to change. */

/** Codes of OpenSSL for a chain that ends at nobody we trust. */
const UNKNOWN_ISSUER = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

export interface TlsSettings {
  /** The setting that names a file of further certificate authorities. */
  authorities: string;
  /** The setting that has the server's name. */
  host: string;
}

interface MaybeTls {
  code?: unknown;
  /** Where nodemailer keeps the code that it replaces. */
  originalCode?: unknown;
  message?: unknown;
  cause?: unknown;
}

/** OpenSSL's text of each code, for libraries that keep the text alone. */
const TEXTS: readonly [RegExp, string][] = [
  [/self[- ]signed certificate|unable to (get|verify) .*(certificate|signature|issuer)/i, 'issuer'],
  [/certificate has expired/i, 'expired'],
  [/certificate is not yet valid/i, 'early'],
  [/does not match certificate's altnames/i, 'name'],
  [/wrong version number|ssl routines|tls connection was established/i, 'protocol'],
];

/** What is wrong with a certificate, by the code of OpenSSL or Node; undefined for other codes. */
export function certificateFault(
  code: unknown,
): 'issuer' | 'expired' | 'early' | 'name' | undefined {
  if (UNKNOWN_ISSUER.includes(String(code))) return 'issuer';
  if (code === 'CERT_HAS_EXPIRED') return 'expired';
  if (code === 'CERT_NOT_YET_VALID') return 'early';
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'name' : undefined;
}

const reasonOf = ({
  code: last,
  originalCode: code = last,
  message,
}: MaybeTls): string | undefined =>
  certificateFault(code) ?? TEXTS.find(([text]) => text.test(String(message)))?.[1];

/**
 * The words for an error, or for the errors that caused it; undefined when it is none of TLS. They
 * contain no address.
 */
export function tlsFailure(error: unknown, settings: TlsSettings): string | undefined {
  const words: Record<string, string> = {
    issuer: `its certificate is signed by nobody we trust: set ${settings.authorities} to a file with the certificate of its authority`,
    expired: 'its certificate has expired: whoever runs the server has to renew it',
    early: 'its certificate is not valid yet: check the clocks of both machines',
    name: `its certificate is for another name: check ${settings.host}`,
    protocol: 'it does not speak TLS on this port: check the port, and whether TLS begins at once',
  };
  for (let one = error; one instanceof Error; one = (one as MaybeTls).cause) {
    const reason = reasonOf(one as MaybeTls);
    if (reason) return words[reason];
  }
  return undefined;
}
