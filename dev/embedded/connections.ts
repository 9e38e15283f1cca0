/** Connections to the embedded PostgreSQL: for one piece of work, or for as long as its server. */
import pg from 'pg';

/** Runs `work` on a connection of its own: CREATE and DROP DATABASE need that. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A pool of the schema's owner. @param env settings of a stack. */
export function ownerPool(env: Record<string, string>): pg.Pool {
  const pool = new pg.Pool({ connectionString: env.MIGRATION_DATABASE_URL });
  pool.on('error', () => {
    // It ends with its server.
  });
  return pool;
}
