/** The PostgreSQL server of a test run, and the migrated database that test files clone. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { withClient } from '#dev/embedded/connections.ts';
import { startPostgres } from '#dev/embedded/postgres.ts';
import { migrate } from '#kernel/database/migrate.ts';
import { CACHE } from '#support/paths.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser's connection string to the run's server. */
    postgresAdminUrl: string;
  }
}

export const TEMPLATE_DATABASE = 'a4c_template';
/** The login role that stands for the application; a member of a4c_app and nothing more. */
export const APP_LOGIN = { user: 'a4c_app_login', password: 'a4c_app_login' };

export const urlFor = (
  adminUrl: string,
  database: string,
  login = {} as Partial<typeof APP_LOGIN>,
) => {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (login.user) url.username = login.user;
  if (login.password) url.password = login.password;
  return url.href;
};

/** Starts a server in a fresh folder, with a migrated template database in it. */
export async function startPostgresForTests(): Promise<{
  adminUrl: string;
  stop: () => Promise<void>;
}> {
  await mkdir(CACHE, { recursive: true });
  const dataDir = await mkdtemp(path.join(CACHE, 'test-postgres-'));
  const server = await startPostgres({ dataDir, durable: false });
  const stop = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await createTemplate(server.adminUrl);
  } catch (error) {
    await stop();
    throw error;
  }
  return { adminUrl: server.adminUrl, stop };
}

async function createTemplate(adminUrl: string): Promise<void> {
  await query(adminUrl, `CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await migrate(urlFor(adminUrl, TEMPLATE_DATABASE));
  await query(
    adminUrl,
    `CREATE ROLE ${APP_LOGIN.user} LOGIN PASSWORD '${APP_LOGIN.password}' IN ROLE a4c_app`,
  );
}

/** One statement over a connection of its own. */
export async function query(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}
