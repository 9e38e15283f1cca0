/** Ends the processes that we started when we cannot do it: after a crash or a SIGKILL. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One line of the reaper's standard input. */
export interface ReaperOrder {
  watch?: number;
  watchPidFile?: string;
  remove?: string;
  unmount?: string;
}

export interface Reaper {
  /** Process id of the reaper. */
  pid: number;
  /** Registers a process to end when this process has ended. */
  watch(pid: number): void;
  /** Registers a PostgreSQL server, by its pid file, to end when this process has ended. */
  watchPidFile(file: string): void;
  /** Registers a folder to remove when this process and all registered ones have ended. */
  remove(folder: string): void;
  /** Registers a disk to unmount when it still is when this process has ended. */
  unmount(folder: string): void;
  /** Closes the reaper's input: it ends and removes everything that still exists, then exits. */
  close(): void;
}

const PROGRAM = fileURLToPath(new URL('./reaperProcess.ts', import.meta.url));

/** Starts the reaper. It needs one idle process, and does not keep this process running. */
export async function startReaper(): Promise<Reaper> {
  const child = spawn(process.execPath, [PROGRAM], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  child.stdin.on('error', () => {
    // The reaper was killed: there is no cleanup after a crash then, and nothing else changes.
  });
  child.unref();
  const tell = (order: ReaperOrder) => void child.stdin.write(`${JSON.stringify(order)}\n`);
  return {
    pid: child.pid!,
    watch: (watch) => tell({ watch }),
    watchPidFile: (watchPidFile) => tell({ watchPidFile }),
    remove: (remove) => tell({ remove }),
    unmount: (unmount) => tell({ unmount }),
    close: () => void child.stdin.end(),
  };
}
