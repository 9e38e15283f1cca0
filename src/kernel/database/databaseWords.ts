/** Says in words why the database cannot be used, for the operator: which setting to look at. */
import { certificateFault } from '#kernel/outbound/tlsFailure.ts';

/** By SQLSTATE or code of Node; `DATABASE_URL` is the setting in all of them. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at the host and port of DATABASE_URL',
  ENOTFOUND: 'the host name in DATABASE_URL does not exist',
  EAI_AGAIN: 'the host name in DATABASE_URL cannot be resolved now',
  ETIMEDOUT: 'the host of DATABASE_URL does not answer',
  EHOSTUNREACH: 'no network route leads to the host of DATABASE_URL',
  ENETUNREACH: 'no network route leads to the host of DATABASE_URL',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOENT:
    'a file or socket that DATABASE_URL names (sslrootcert, sslcert, sslkey, host) is not there',
  EACCES: 'a file that DATABASE_URL names (sslrootcert, sslcert, sslkey) may not be read',
  '28P01': 'the user or the password in DATABASE_URL is wrong',
  '28000': 'the server does not let the user of DATABASE_URL in from here (pg_hba.conf)',
  '3D000': 'the database named in DATABASE_URL does not exist',
  '42501': 'the role of DATABASE_URL lacks a permission',
  '53300': 'the server has no connection left: lower DATABASE_POOL_SIZE, or raise max_connections',
  '57P01': 'the server closed the connection: it stops or restarts',
  '57P02': 'the server crashed and restarts',
  '57P03': 'the server starts, or stops, and takes no connections now',
};

const CERTIFICATE_WORDS = {
  issuer:
    'the certificate of the server is signed by an authority that is not known here: name the file of its certificate in DATABASE_CA_FILE (or as sslrootcert in DATABASE_URL)',
  expired: 'the certificate of the server has expired',
  early: 'the certificate of the server is not valid yet: check the clocks of both machines',
  name: 'the certificate of the server is not for the host name in DATABASE_URL',
};

/** Texts of the driver, for errors without a code. */
const TEXTS: readonly [RegExp, string][] = [
  [/does not support SSL/, 'the server offers no TLS, which sslmode in DATABASE_URL asks for'],
  [/Query read timeout/, 'the server did not answer in time'],
  [/timeout exceeded when trying to connect/, 'all connections of the pool are in use'],
  [/connection timeout/, 'the host of DATABASE_URL does not answer'],
  [/^Connection terminated/, 'the connection was cut'],
  [
    /unsupported startup parameter/,
    'a pooler refuses parameters: remove those after `?` in DATABASE_URL',
  ],
  [/Invalid URL/, 'DATABASE_URL is not a valid connection string'],
  [/SASL|password must be a string/i, 'DATABASE_URL has no password, and the server wants one'],
];

/**
 * @param setting the name of the setting that holds the connection string.
 * @returns words without host, port, user or password; the code where there are no words for it.
 */
export function databaseWords(error: unknown, setting = 'DATABASE_URL'): string {
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  const fault = certificateFault(code);
  const byCode = typeof code === 'string' ? WORDS[code] : undefined;
  const byText = TEXTS.find(([text]) => text.test(message))?.[1];
  const words = fault ? CERTIFICATE_WORDS[fault] : (byCode ?? byText);
  const unknown = typeof code === 'string' ? code : (error as Error | null)?.name;
  return (words ?? `the connection failed (${unknown ?? 'unknown'})`).replaceAll(
    'DATABASE_URL',
    setting,
  );
}
