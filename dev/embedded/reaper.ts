/** Ends what we started when we cannot do it ourselves any more: after a crash or a SIGKILL. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One line of the reaper's input. */
export interface ReaperOrder {
  watch?: number;
  watchPidFile?: string;
  remove?: string;
}

export interface Reaper {
  /** The reaper's own process. */
  pid: number;
  /** Ends this process when we are gone. */
  watch(pid: number): void;
  /** Ends the PostgreSQL server of this pid file, should there be one when we are gone. */
  watchPidFile(file: string): void;
  /** Removes this folder when we are gone and nothing runs any more. */
  remove(folder: string): void;
  /** Lets the reaper go; what is still running or there is ended and removed. */
  close(): void;
}

const PROGRAM = fileURLToPath(new URL('./reaperProcess.ts', import.meta.url));

/** Starts the reaper. It costs one idle process, and holds nothing up when we end. */
export async function startReaper(): Promise<Reaper> {
  const child = spawn(process.execPath, [PROGRAM], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  child.stdin.on('error', () => {
    // It was killed: then nobody cleans up after a crash, and nothing else changes.
  });
  child.unref();
  const tell = (order: ReaperOrder) => void child.stdin.write(`${JSON.stringify(order)}\n`);
  return {
    pid: child.pid!,
    watch: (watch) => tell({ watch }),
    watchPidFile: (watchPidFile) => tell({ watchPidFile }),
    remove: (remove) => tell({ remove }),
    close: () => void child.stdin.end(),
  };
}
