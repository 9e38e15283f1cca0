/** The schema that all migrations create, read from a new database. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '#dev/embedded/connections.ts';
import { startPostgres } from '#dev/embedded/postgres.ts';
import { migrate } from '#kernel/database/migrate.ts';
import { dumpSchema } from './schemaOf.ts';
import { SCHEMA_TYPES, schemaTypes } from './schemaTypes.ts';

const CACHE = path.resolve(import.meta.dirname, '../.cache');

/**
 * Starts the embedded PostgreSQL and migrates a new database.
 * @returns the schema as SQL and as types for Kysely, by the files that contain them.
 */
export async function freshSchema(): Promise<Map<string, string>> {
  await mkdir(CACHE, { recursive: true });
  const dataDir = await mkdtemp(path.join(CACHE, 'schema-'));
  const server = await startPostgres({ dataDir, durable: false });
  try {
    await migrate(server.adminUrl);
    return new Map([
      ['sql/schema.sql', await withClient(server.adminUrl, dumpSchema)],
      [SCHEMA_TYPES, await schemaTypes(server.adminUrl)],
    ]);
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
