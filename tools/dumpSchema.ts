/**
 * `npm run schema:dump`: writes sql/schema.sql and src/store/schema.ts from a freshly migrated
 * database.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { startPostgres } from '#dev/postgres.ts';
import { migrate } from '#store/migrate.ts';
import { dumpSchema } from './schemaOf.ts';
import { SCHEMA_TYPES, schemaTypes } from './schemaTypes.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

const dataDir = await mkdtemp(path.join(ROOT, '.cache', 'schema-'));
const server = await startPostgres({ dataDir, durable: false });
try {
  await migrate(server.adminUrl);
  const client = new pg.Client({ connectionString: server.adminUrl });
  await client.connect();
  await writeFile(path.join(ROOT, 'sql', 'schema.sql'), await dumpSchema(client));
  await client.end();
  await writeFile(path.join(ROOT, SCHEMA_TYPES), await schemaTypes(server.adminUrl));
  console.log(`wrote sql/schema.sql and ${SCHEMA_TYPES}`);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
