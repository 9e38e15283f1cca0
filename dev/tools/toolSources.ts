/** Finds third-party programs on the machine, or installs them into the cache folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

export interface ToolSource<T> {
  name: string;
  /** @returns the program when it runs here. @throws Error when this source does not have it. */
  find: () => Promise<T>;
}

/**
 * Runs a program to its end. It has a separate session, so that Ctrl-C in the terminal does not
 * stop it and make it look broken.
 * @throws Error with its stderr output when it fails.
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
 * Calls `install` with a temporary folder, then moves the result to `cached`: two installations at
 * the same time do not conflict, and an incomplete one is never found.
 * @param install fills the folder, and returns the path of the part to keep.
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
      // Another process was faster; its installation is equally good.
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
 * Tries the sources in order and returns the first result.
 * @param missing the first words of the error when all sources fail.
 * @throws Error with the reason why each source failed.
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
