/** What an operator reads when DATABASE_URL leads nowhere, and how TLS with a private authority works. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '#dev/embedded/freePort.ts';
import { databaseWords } from '#kernel/database/databaseWords.ts';
import { migrate } from '#kernel/database/migrate.ts';
import { createPool, endPool } from '#kernel/database/pool.ts';
import { CACHE } from '#support/paths.ts';
import { useTestDatabase } from '#support/servers/database.ts';
import { query } from '#support/servers/postgres.ts';
import { useStarted } from '#support/stack/useStarted.ts';

const database = useTestDatabase();

/** The words for the failure of a first query. */
async function wordsOf(config: { url: string; caFile?: string }): Promise<string> {
  const pool = createPool(
    { DATABASE_URL: config.url, DATABASE_CA_FILE: config.caFile, DATABASE_POOL_SIZE: 2 },
    'test',
  );
  try {
    return await pool.query('SELECT 1').then(() => 'connected', databaseWords);
  } finally {
    await endPool(pool);
  }
}

const changed = (
  parts: Partial<Record<'port' | 'hostname' | 'password' | 'pathname' | 'search', string>>,
): string => Object.assign(new URL(database.url), parts).href;

describe('a wrong DATABASE_URL', () => {
  test.each([
    ['port', { port: '1' }, 'nothing listens at the host and port of DATABASE_URL'],
    ['host', { hostname: 'nowhere.invalid' }, /host name in DATABASE_URL/],
    ['password', { password: 'hunter2' }, /password in DATABASE_URL is wrong/],
    ['database', { pathname: '/none' }, /named in DATABASE_URL does not exist/],
    ['file', { search: '?sslrootcert=/none.pem' }, /sslrootcert/],
  ])('(%s) is told in words, without any part of it', async (_what, change, words) => {
    const url = changed(change);
    const told = await wordsOf({ url });
    expect(told).toMatch(words);
    expect(told).not.toMatch(/127\.0\.0\.1|a4c_app_login|invalid|none|hunter2/);
  });

  test('of a migration names its setting', async () => {
    const url = `postgres://owner:secret@127.0.0.1:${await freePort()}/none`;
    await expect(migrate(url)).rejects.toMatchObject({
      name: 'ConfigError',
      message:
        'the database cannot be reached: nothing listens at the host and port of MIGRATION_DATABASE_URL (or DATABASE_URL)',
    });
  });
});

describe('a server with a certificate of a private authority', () => {
  const folder = useStarted(
    async () => ({ path: await mkdtemp(path.join(CACHE, 'test-tls-')) }),
    async ({ path: made }) => {
      await query(inject('postgresAdminUrl'), 'ALTER SYSTEM RESET ssl');
      await query(inject('postgresAdminUrl'), 'SELECT pg_reload_conf()');
      await rm(made, { recursive: true, force: true });
    },
  );
  let ca: string;

  beforeAll(async () => {
    const admin = inject('postgresAdminUrl');
    const authority = await generate([{ name: 'commonName', value: 'A private authority' }], {
      keySize: 2048,
      algorithm: 'sha256',
      extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
    });
    const server = await generate([{ name: 'commonName', value: 'database' }], {
      keySize: 2048,
      algorithm: 'sha256',
      ca: { key: authority.private, cert: authority.cert },
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
    });
    const file = (name: string) => path.join(folder.path, name);
    ca = file('ca.pem');
    await writeFile(ca, authority.cert);
    // Written by the server into its own folder: the key has to belong to its user.
    const store = (name: string, text: string) =>
      query(
        admin,
        `COPY (SELECT '${Buffer.from(text).toString('base64')}')
         TO PROGRAM 'umask 077; base64 -d > ${name}'`,
      );
    await store('server.crt', server.cert);
    await store('server.key', server.private);
    await query(admin, 'ALTER SYSTEM SET ssl = on');
    await query(admin, 'SELECT pg_reload_conf()');
  });
  const secure = (parameters: Record<string, string>) =>
    changed({ search: String(new URLSearchParams(parameters)) });

  test('is not trusted without it, and the words name the setting', async () => {
    await expect
      .poll(() => wordsOf({ url: secure({ sslmode: 'verify-full' }) }))
      .toMatch(/authority that is not known here: name the file .* in DATABASE_CA_FILE/);
  });

  test.each([
    ['sslrootcert', () => ({ url: secure({ sslmode: 'verify-full', sslrootcert: ca }) })],
    ['DATABASE_CA_FILE', () => ({ url: database.url, caFile: ca })],
    ['both', () => ({ url: secure({ sslmode: 'require' }), caFile: ca })],
  ])('is trusted with %s', async (_how, config) => {
    expect(await wordsOf(config())).toBe('connected');
  });

  test('must be for the host name of the connection string', async () => {
    const url = changed({ hostname: 'localhost' });
    expect(await wordsOf({ url, caFile: ca })).toMatch(/not for the host name in DATABASE_URL/);
  });

  test('needs a file that is there', async () => {
    await expect(wordsOf({ url: database.url, caFile: '/none.pem' })).rejects.toThrow(
      'DATABASE_CA_FILE: the file cannot be read (ENOENT)',
    );
  });
});
