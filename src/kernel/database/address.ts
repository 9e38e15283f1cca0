/** The connection string of the database, with the certificate of a private authority. */
import { accessSync, constants } from 'node:fs';
import { ConfigError } from '#kernel/settings/load.ts';

export interface DatabaseAddress {
  DATABASE_URL: string;
  DATABASE_CA_FILE?: string | undefined;
}

/**
 * The connection string for `pg`. With DATABASE_CA_FILE the connection uses TLS, and the server's
 * certificate has to be signed by that authority, for the host name of the connection string.
 * @throws ConfigError when the file cannot be read.
 */
export function addressed({ DATABASE_URL, DATABASE_CA_FILE }: DatabaseAddress): string {
  if (!DATABASE_CA_FILE) return DATABASE_URL;
  try {
    accessSync(DATABASE_CA_FILE, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`DATABASE_CA_FILE: the file cannot be read (${code})`);
  }
  const url = new URL(DATABASE_URL);
  url.searchParams.set('sslrootcert', DATABASE_CA_FILE);
  return url.href;
}
