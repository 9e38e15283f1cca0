/** Finds k6, which runs the load tests. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { resolveGo } from './goCommand.ts';
import { firstOf, installAt, runTool, type ToolSource } from './toolSources.ts';

/** The version with which the scripts in `load/k6` are tested. */
const VERSION = 'v1.8.1';
/** Version 1 runs TypeScript directly; the next major version changes the format of the summary. */
const MAJOR = 1;
const PROBE_LIMIT_MS = 30_000;
const BUILD_LIMIT_MS = 900_000;

const probe = promisify(execFile);

/** @throws Error when this is not k6, does not run here, or has another major version. */
async function working(k6: string): Promise<string> {
  const { stdout } = await probe(k6, ['version'], { timeout: PROBE_LIMIT_MS });
  const [, major] = /\bv(\d+)\.\d+/.exec(stdout) ?? [];
  if (Number(major) === MAJOR) return k6;
  throw new Error(`it is ${stdout.trim() || 'of no known version'}, and v${MAJOR} is needed`);
}

/**
 * Looks on PATH, then in the cache folder, then builds it there with Go (two minutes, once).
 * @returns its path, or its name on PATH. @throws Error with the reason why each source failed.
 */
export function resolveK6(options: {
  cacheFolder: string;
  log: (message: string) => void;
}): Promise<string> {
  const cached = path.join(options.cacheFolder, 'k6', 'k6');
  async function goBuild(folder: string): Promise<string> {
    const go = await resolveGo(options);
    const env = { ...process.env, GOBIN: folder };
    await runTool(go, ['install', `go.k6.io/k6@${VERSION}`], BUILD_LIMIT_MS, { env });
    return working(path.join(folder, 'k6'));
  }
  const sources: ToolSource<string>[] = [
    { name: 'k6 on PATH', find: () => working('k6') },
    { name: `cache ${cached}`, find: () => working(cached) },
    {
      name: `go install go.k6.io/k6@${VERSION}`,
      find() {
        options.log(`building k6 ${VERSION} with Go, once; it takes minutes`);
        return installAt(cached, goBuild);
      },
    },
  ];
  return firstOf(
    sources,
    `k6 could not be found; put k6 v${MAJOR} on PATH, or Go or Python 3 to build it`,
  );
}
