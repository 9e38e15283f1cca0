/** The stack's PostgreSQL: a server, a migrated database, and a login for the application. */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { migrate } from '#kernel/database/migrate.ts';
import { withClient } from './connections.ts';
import { postgresFolder } from './folders.ts';
import { startPostgres } from './postgres.ts';
import type { Reaper } from './reaper.ts';

export interface EmbeddedDatabase {
  /** Connection string of the application's role, for DATABASE_URL. */
  url: string;
  /** Connection string of the schema's owner, for MIGRATION_DATABASE_URL. */
  ownerUrl: string;
  stop(): Promise<void>;
}

const DATABASE = 'a4c';
const APPLICATION_LOGIN = 'a4c_application';

/** @returns connection strings of the owner and of a login that is `a4c_app` and nothing more. */
async function createDatabase(adminUrl: string): Promise<{ url: string; ownerUrl: string }> {
  const password = randomBytes(18).toString('base64url');
  const owner = new URL(adminUrl);
  owner.pathname = `/${DATABASE}`;
  await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${DATABASE}`));
  await migrate(owner.href);
  const role = `CREATE ROLE ${APPLICATION_LOGIN} LOGIN PASSWORD '${password}' IN ROLE a4c_app`;
  await withClient(adminUrl, (client) => client.query(role));
  const application = new URL(owner);
  application.username = APPLICATION_LOGIN;
  application.password = password;
  return { url: application.href, ownerUrl: owner.href };
}

/**
 * Starts a server in the stack's folder.
 * @param stack.durable true flushes each commit, as production does. The data are removed with the
 *   stack, so only measurements need it.
 */
export async function startDatabase(stack: {
  folder: string;
  reaper: Reaper;
  durable?: boolean;
}): Promise<EmbeddedDatabase> {
  const dataDir = postgresFolder(stack.folder);
  // Before the start: if this process dies during it, the server is still stopped.
  stack.reaper.watchPidFile(path.join(dataDir, 'cluster', 'postmaster.pid'));
  const server = await startPostgres({ dataDir, durable: stack.durable ?? false });
  try {
    return { ...(await createDatabase(server.adminUrl)), stop: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
