/** The roles `api` and `worker` as child processes, as production runs them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inheritedEnvironment } from '#dev/settings.ts';
import { endProcess, hasEnded } from './endProcess.ts';
import { tailOf } from './logTail.ts';
import type { Reaper } from './reaper.ts';

export type RoleName = 'api' | 'worker';

export interface RoleProcess {
  pid: number;
  logFile: string;
  /** Stops it and resolves when it has ended. SIGTERM lets work in progress finish. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface BegunRole extends RoleProcess {
  /** Resolves when it is ready. @throws Error as `Processes.start`. */
  ready(): Promise<void>;
  /** Resolves when it has ended, for whatever reason. */
  ended: Promise<void>;
}

export interface Processes {
  /** Starts a role, and does not wait until it is ready. The arguments are those of `start`. */
  begin(role: RoleName, settings?: Record<string, string>, logFile?: string): Promise<BegunRole>;
  /**
   * Starts a role and resolves when it is ready.
   * @param settings replace those of the stack; a second process of a role needs another port.
   * @param logFile where its output goes; by default a file of the role in the stack's folder.
   * @throws Error with the last log lines when it ends before it is ready, or is not ready in time.
   */
  start(role: RoleName, settings?: Record<string, string>, logFile?: string): Promise<RoleProcess>;
  stop(): Promise<void>;
}

/** The roles of a stack, which can be started again with other settings. */
export interface Roles {
  running: Map<RoleName, RoleProcess>;
  /** Stops a role if it runs, and starts it with its usual settings and these. */
  restart(role: RoleName, settings?: Record<string, string>): Promise<void>;
}

/** @param usual settings in addition to those of the stack. */
export function createRoles(
  processes: Processes,
  running = new Map<RoleName, RoleProcess>(),
  usual: Record<string, string> = {},
): Roles {
  return {
    running,
    async restart(role, settings = {}) {
      await running.get(role)?.stop();
      running.set(role, await processes.start(role, { ...usual, ...settings }));
    },
  };
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const PRELOAD = pathToFileURL(path.join(ROOT, 'src/kernel/telemetry/register.ts')).href;
const MAIN = path.join(ROOT, 'src/main.ts');
const READY_LIMIT_MS = 60_000;
const POLL_MS = 50;
/** Longer than WORKER_SHUTDOWN_GRACE_SECONDS of the stack plus the time for a forced stop. */
const STOP_LIMIT_MS = 20_000;
/** The setting of the port on which each role serves `/ready`. */
const PORT_SETTING: Record<RoleName, string> = { api: 'PORT', worker: 'HEALTH_CHECK_PORT' };

const endRole = (child: ChildProcess, signal: NodeJS.Signals): Promise<void> =>
  endProcess(child, { signal, limitMs: STOP_LIMIT_MS });

const isReady = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await isReady(url))) {
    if (hasEnded(child)) throw new Error(`it ended (${child.exitCode ?? child.signalCode})`);
    if (Date.now() > deadline) throw new Error(`${url} was not ready in ${READY_LIMIT_MS} ms`);
    await delay(POLL_MS);
  }
}

/**
 * @param stack its settings, the folder for logs, and the reaper that ends processes after a crash.
 */
export function createProcesses(stack: {
  env: Record<string, string>;
  folder: string;
  reaper: Pick<Reaper, 'watch'>;
}): Processes {
  const children: ChildProcess[] = [];

  async function spawnRole(
    role: RoleName,
    env: Record<string, string>,
    logFile: string,
  ): Promise<ChildProcess> {
    const log = await open(logFile, 'a');
    // A separate session: Ctrl-C in the terminal reaches only us, and we stop the parts in order.
    const child = spawn(process.execPath, ['--import', PRELOAD, MAIN, role], {
      cwd: ROOT,
      env: { ...inheritedEnvironment(), ...env },
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    children.push(child);
    await once(child, 'spawn');
    stack.reaper.watch(child.pid!);
    await log.close();
    return child;
  }

  const processes: Processes = {
    async begin(role, settings = {}, logFile = path.join(stack.folder, `${role}.log`)) {
      const env = { ...stack.env, ...settings };
      const child = await spawnRole(role, env, logFile);
      async function ready(): Promise<void> {
        try {
          await untilReady(child, `http://127.0.0.1:${env[PORT_SETTING[role]]}/ready`);
        } catch (cause) {
          await endProcess(child, { signal: 'SIGKILL' });
          throw new Error(`the ${role} did not start. ${await tailOf(logFile)}`, { cause });
        }
      }
      return {
        pid: child.pid!,
        logFile,
        ready,
        ended: hasEnded(child) ? Promise.resolve() : once(child, 'exit').then(() => {}),
        stop: (signal = 'SIGTERM') => endRole(child, signal),
      };
    },
    async start(role, settings, logFile) {
      const begun = await processes.begin(role, settings, logFile);
      await begun.ready();
      return begun;
    },
    async stop() {
      await Promise.all(children.map((child) => endRole(child, 'SIGTERM')));
    },
  };
  return processes;
}
