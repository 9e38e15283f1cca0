/** The schema that the migrations amount to, read from a database made for it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { startPostgres } from '#dev/postgres.ts';
import { migrate } from '#store/migrate.ts';
import { dumpSchema } from './schemaOf.ts';

const CACHE = path.resolve(import.meta.dirname, '../.cache');

/** Starts the embedded PostgreSQL, migrates a database there, and returns it as `dumpSchema` does. */
export async function freshSchema(): Promise<string> {
  await mkdir(CACHE, { recursive: true });
  const dataDir = await mkdtemp(path.join(CACHE, 'schema-'));
  const server = await startPostgres({ dataDir, durable: false });
  try {
    await migrate(server.adminUrl);
    const client = new pg.Client({ connectionString: server.adminUrl });
    await client.connect();
    try {
      return await dumpSchema(client);
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
