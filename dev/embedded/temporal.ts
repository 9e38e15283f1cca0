/** The Temporal development server, started from the CLI as a separate process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import { endProcess } from './endProcess.ts';
import { freePort } from './freePort.ts';
import { tailOf } from './logTail.ts';

export interface TemporalOptions {
  /** Path of the CLI; see `resolveTemporalCli`. */
  cli: string;
  logFile: string;
  /** gRPC port; by default a free one. */
  port?: number;
  /** Port of the Web UI; without it there is no UI. */
  uiPort?: number;
  /** Keeps workflows across restarts; by default they are in memory only. */
  dbFile?: string;
  /** Called with the process id before the wait for the server begins. */
  onSpawn?: (pid: number) => void;
}

export interface EmbeddedTemporalServer {
  /** `127.0.0.1:port`, for TEMPORAL_ADDRESS. */
  address: string;
  uiUrl: string | undefined;
  pid: number;
  /** Resolves when the process has ended. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const NAMESPACE = 'default';
const START_LIMIT_MS = 60_000;
const POLL_MS = 50;
const CALL_LIMIT_MS = 2_000;

function argumentsFor({ uiPort, dbFile }: TemporalOptions, port: number): string[] {
  const attributes = SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  // Measured with a database file: 10 minimal workflows per second with the default pragmas, 22
  // with these; 28 in memory.
  const pragmas = ['journal_mode=wal', 'synchronous=normal'];
  const storage = dbFile
    ? ['--db-filename', dbFile, ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])]
    : [];
  const ui = uiPort ? ['--ui-port', String(uiPort)] : ['--headless'];
  const server = [
    'server',
    'start-dev',
    '--ip',
    HOST,
    '--port',
    String(port),
    '--log-level',
    'error',
  ];
  return [...server, ...ui, ...storage, ...attributes];
}

/** A gRPC call to a port without a listener stays pending, so the port is checked first. */
function isListening(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

/**
 * True when the server responds and has our search attributes; it would refuse runs without them.
 */
async function isUsable(address: string): Promise<boolean> {
  if (!(await isListening(Number(address.split(':')[1])))) return false;
  const connection = Connection.lazy({ address });
  try {
    const { customAttributes } = await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
      connection.operatorService.listSearchAttributes({ namespace: NAMESPACE }),
    );
    return SEARCH_ATTRIBUTES.every((name) => name in (customAttributes ?? {}));
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

async function untilUsable(child: ChildProcess, address: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await isUsable(address))) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`it did not answer within ${START_LIMIT_MS} ms`);
    await delay(POLL_MS);
  }
}

/**
 * Starts a server and resolves when the namespace `default` is usable. The server has a separate
 * session: Ctrl-C in the terminal reaches only the caller.
 */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporalServer> {
  const port = options.port ?? (await freePort());
  const address = `${HOST}:${port}`;
  const log = await open(options.logFile, 'a');
  const child = spawn(options.cli, argumentsFor(options, port), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  options.onSpawn?.(child.pid!);
  await log.close();
  try {
    await untilUsable(child, address);
  } catch (cause) {
    await endProcess(child);
    throw new Error(`the Temporal server did not start. ${await tailOf(options.logFile)}`, {
      cause,
    });
  }
  return {
    address,
    uiUrl: options.uiPort ? `http://${HOST}:${options.uiPort}` : undefined,
    pid: child.pid!,
    stop: () => endProcess(child),
  };
}
