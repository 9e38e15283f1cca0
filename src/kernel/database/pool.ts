/** The connection pool for PostgreSQL, and transactions. Every wait in it has a limit. */
import pg from 'pg';
import type { Logger } from '#kernel/telemetry/logger.ts';
import { addressed, type DatabaseAddress } from './address.ts';
import { databaseWords } from './databaseWords.ts';

const SECOND_MS = 1000;
const CONNECTION_TIMEOUT_MS = 5 * SECOND_MS;
const STATEMENT_TIMEOUT_MS = 15 * SECOND_MS;
/** Shorter, so that a statement that waits for a lock fails with that reason. */
const LOCK_TIMEOUT_MS = 10 * SECOND_MS;
/** Ends the transaction of a process that is gone or cut off, and with it its locks. */
const IDLE_TRANSACTION_TIMEOUT_MS = 20 * SECOND_MS;
/**
 * Later than the server's own limit: only a server that cannot be heard any more reaches it. With the
 * time that a connection may be idle it is less than 30 s, in which a black hole has to heal.
 */
const QUERY_TIMEOUT_MS = 18 * SECOND_MS;
const IDLE_TIMEOUT_MS = 10 * SECOND_MS;
/** Bounded, so that connections follow a database that moved behind its name or its pooler. */
const LIFETIME_SECONDS = 600;
const KEEP_ALIVE_AFTER_MS = 10 * SECOND_MS;
/** As long as a probe waits: one that is not answered then also finds out connections that are dead. */
const PING_TIMEOUT_MS = 2 * SECOND_MS;
const ROLLBACK_TIMEOUT_MS = 2 * SECOND_MS;
const END_TIMEOUT_MS = 3 * SECOND_MS;
/** An outage is logged again at most this often while its reason stays the same. */
const SAME_REASON_MS = 30 * SECOND_MS;

/** Limits that PostgreSQL takes at the start of a session, and poolers refuse. */
const SESSION_LIMITS = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  lock_timeout: LOCK_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
} as const;

/** PgBouncer's refusal: it cannot hand parameters of a session to the connections it shares. */
const REFUSED_PARAMETER = /unsupported startup parameter/;

interface PoolConfig extends DatabaseAddress {
  DATABASE_POOL_SIZE: number;
}

/** `pg` can limit one query, which its types do not know. */
type LimitedQuery = pg.QueryConfig & { query_timeout: number };

/** A statement with a client-side limit of its own; a connection that exceeds it is discarded. */
export const limited = (text: string, limitMs: number, values?: unknown[]): LimitedQuery => ({
  text,
  ...(values && { values }),
  query_timeout: limitMs,
});

/** The text of `pg` for an answer that did not come in time. */
const isUnheard = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout';

/** A pool that gives up the limits of sessions at a pooler that refuses them. */
class SessionPool extends pg.Pool {
  #logger: Logger | undefined;
  #reason = { words: '', at: Number.NEGATIVE_INFINITY };

  constructor(options: pg.PoolConfig, logger?: Logger) {
    super(options);
    this.#logger = logger;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Parameters<pg.Pool['connect']>[0]): void;
  override connect(
    callback?: Parameters<pg.Pool['connect']>[0],
  ): Promise<pg.PoolClient> | undefined {
    // A file of the connection string that cannot be read is thrown, not rejected.
    const connect = async () => super.connect();
    const connecting = connect().catch((error) => {
      if (this.#withoutLimits(error)) return super.connect();
      this.#report(error);
      throw error;
    });
    if (!callback) return connecting;
    connecting.then(
      (client) => callback(undefined, client, client.release),
      (error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  #withoutLimits(error: unknown): boolean {
    if (!REFUSED_PARAMETER.test((error as Error).message)) return false;
    const options = this.options as pg.PoolConfig;
    if (options.statement_timeout === undefined) return true;
    for (const name of Object.keys(SESSION_LIMITS)) delete options[name as 'lock_timeout'];
    this.#logger?.info(
      'DATABASE_URL leads to a pooler that takes no limits of sessions; its role can have them, see docs/operations.md',
    );
    return true;
  }

  #report(error: unknown): void {
    const words = databaseWords(error);
    const now = performance.now();
    const { words: former, at } = this.#reason;
    if (words === former && now - at < SAME_REASON_MS) return;
    this.#reason = { words, at: now };
    this.#logger?.warn({ reason: words }, 'the database cannot be reached');
  }
}

/** `pg` closes broken connections the same way; its types do not have the property. */
const abort = (client: pg.PoolClient): void =>
  void (client as unknown as { connection: pg.Connection }).connection.stream.destroy();

/** The connections of each pool, to close them when the server no longer answers. */
const open = new WeakMap<pg.Pool, Set<pg.PoolClient>>();

/**
 * Where one connection is silent the idle ones are suspect, too: they take the same path. They are
 * closed, so that the next statements use new ones.
 */
function closeSuspects(pool: pg.Pool, logger?: Logger): void {
  const all = new Set<pg.PoolClient>();
  const idle = new Set<pg.PoolClient>();
  open.set(pool, all);
  pool.on('connect', (client) => all.add(client));
  pool.on('acquire', (client) => idle.delete(client));
  pool.on('release', (error, client) => {
    if (!error) idle.add(client);
    if (!isUnheard(error)) return;
    logger?.warn({ connections: idle.size + 1 }, 'the database went silent: connections closed');
    for (const suspect of [...idle]) abort(suspect);
  });
  pool.on('remove', (client) => {
    all.delete(client);
    idle.delete(client);
  });
}

/**
 * A pool that survives a restart, a move and the silence of the database: a connection that is lost,
 * or does not answer in time, is closed and replaced by the next query.
 * @param applicationName as shown in `pg_stat_activity`.
 * @throws ConfigError when the file of DATABASE_CA_FILE cannot be read.
 */
export function createPool(config: PoolConfig, applicationName: string, logger?: Logger): pg.Pool {
  const pool = new SessionPool(
    {
      connectionString: addressed(config),
      max: config.DATABASE_POOL_SIZE,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      maxLifetimeSeconds: LIFETIME_SECONDS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      ...SESSION_LIMITS,
    },
    logger,
  );
  closeSuspects(pool, logger);
  // A listener for each connection: the pool only handles errors of idle ones. A connection lost
  // between two statements of a transaction must not end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger?.warn({ reason: databaseWords(error) }, 'database connection lost');
    });
  });
  pool.on('error', () => {
    // The listener of the connection has already logged it.
  });
  return pool;
}

/** Ends a pool. Connections whose server does not say good-bye in time are closed all the same. */
export async function endPool(pool: pg.Pool): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, END_TIMEOUT_MS);
  await Promise.race([pool.ending ? undefined : pool.end(), late]);
  clearTimeout(timer);
  for (const client of open.get(pool) ?? []) abort(client);
}

/** Whether the database answers now. @throws when it does not in time. */
export const pingDatabase = (pool: pg.Pool): Promise<unknown> =>
  pool.query(limited('SELECT 1', PING_TIMEOUT_MS));

/** Runs `work` in one transaction on one connection; rolled back when it throws. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // The short limit is for a connection on which the failed statement is still waiting.
    await client.query(limited('ROLLBACK', ROLLBACK_TIMEOUT_MS)).then(
      () => client.release(),
      // The connection is broken and must not return to the pool.
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}
