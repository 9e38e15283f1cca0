/** Programs that somebody else made: found where they are, or installed into the cache folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

export interface ToolSource<T> {
  name: string;
  /** What runs here. @throws when this source has none. */
  find: () => Promise<T>;
}

/**
 * Runs a program to its end. It has a session of its own: a Ctrl-C in the terminal must not
 * make a tool that is there look like one that does not run.
 * @throws Error with what it wrote to stderr when it fails.
 */
export async function runTool(
  command: string,
  args: string[],
  limitMs: number,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<void> {
  const child = spawn(command, args, {
    ...options,
    detached: true,
    signal: AbortSignal.timeout(limitMs),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [message, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(message.trim() || `${command} ended with code ${code}`);
}

/**
 * Has `install` put something into a folder of its own, and moves what it names to `cached`:
 * two that install at once do not meet, and half an installation is never found.
 * @param install fills the folder, and returns the path of what works in it.
 */
export async function installAt(
  cached: string,
  install: (folder: string) => Promise<string>,
): Promise<string> {
  await mkdir(path.dirname(cached), { recursive: true });
  const folder = await mkdtemp(`${cached}-install-`);
  try {
    const installed = await install(folder);
    await rename(installed, cached).catch((error) => {
      // Another one was faster: what it has put there is as good.
      if (error.code !== 'ENOTEMPTY') throw error;
    });
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const lastLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .trim()
    .split('\n')
    .slice(-1)[0]!
    .slice(0, 200);

/**
 * Asks the sources in their order and takes the first that has it.
 * @param missing what to say when none has.
 * @throws Error naming why each of them failed.
 */
export async function firstOf<T>(sources: ToolSource<T>[], missing: string): Promise<T> {
  const failures: string[] = [];
  for (const { name, find } of sources) {
    try {
      return await find();
    } catch (error) {
      failures.push(`  ${name}: ${lastLine(error)}`);
    }
  }
  throw new Error(`${missing}. Tried:\n${failures.join('\n')}`);
}
