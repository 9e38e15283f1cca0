/** A third-party server as a process of its own, with a log file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, hasEnded } from './endProcess.ts';
import { tailOf } from './logTail.ts';
import type { Reaper } from './reaper.ts';

export interface ServerProcess {
  /** A path, or a name on PATH. */
  program: string;
  args: string[];
  /** Its whole environment beside PATH: proxy settings would redirect what it asks. */
  env?: Record<string, string>;
  /** Answers with 2xx once it is ready. */
  readyUrl: string;
  /** Folder for its log. */
  folder: string;
  reaper: Pick<Reaper, 'watch'>;
}

const READY_LIMIT_MS = 60_000;
const POLL_MS = 50;

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/**
 * Starts a server and resolves when it is ready.
 * @throws Error with its last log lines when it ends, or is not ready in time.
 */
export async function startServer(server: ServerProcess): Promise<{ stop: () => Promise<void> }> {
  const { program, args, env, readyUrl, folder, reaper } = server;
  const name = path.basename(program);
  const logFile = path.join(folder, `${name}.log`);
  const log = await open(logFile, 'a');
  const child = spawn(program, args, {
    // An unpacked Alertmanager reads its templates relative to its own folder.
    ...(path.isAbsolute(program) && { cwd: path.dirname(program) }),
    env: { PATH: process.env.PATH, ...env },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  reaper.watch(child.pid!);
  await log.close();
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answers(readyUrl))) {
    if (hasEnded(child) || Date.now() > deadline) {
      await endProcess(child);
      throw new Error(`${name} did not start. ${await tailOf(logFile)}`);
    }
    await delay(POLL_MS);
  }
  return { stop: () => endProcess(child) };
}
