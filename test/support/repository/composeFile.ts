/** compose.yaml as Docker Compose reads it: by the loader of Docker Compose, compose-go. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { resolveGo } from '#dev/tools/goCommand.ts';
import { firstOf, installAt, runTool } from '#dev/tools/toolSources.ts';
import { CACHE, ROOT } from '#support/paths.ts';

const VERSION = 'v2.16.2';
const PACKAGE = `github.com/compose-spec/compose-go/v2/cmd@${VERSION}`;
const BUILD_LIMIT_MS = 600_000;
const LOAD_LIMIT_MS = 60_000;

export interface ComposeService {
  image?: string;
  build?: { context: string; target?: string; args?: Record<string, string> };
  command?: string[] | null;
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  networks?: Record<string, { aliases?: string[]; ipv4_address?: string } | null>;
  ports?: { host_ip?: string; published: string; target: number }[];
  volumes?: { type: 'bind' | 'volume'; source: string; target: string; read_only?: boolean }[];
  read_only?: boolean;
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
}

const run = promisify(execFile);

/** @throws when it does not run here. */
async function working(loader: string): Promise<string> {
  await run(loader, [path.join(ROOT, 'compose.yaml')], { env: {}, timeout: LOAD_LIMIT_MS }).catch(
    (error: { code?: unknown }) => {
      // What it says of the file is another matter.
      if (typeof error.code !== 'number') throw error;
    },
  );
  return loader;
}

/** In our cache folder, or built into it with Go. @throws Error naming why neither is to be had. */
async function resolveComposeLoader(log: (line: string) => void): Promise<string> {
  const cached = path.join(CACHE, `compose-go-${VERSION}`);
  return firstOf(
    [
      { name: `cache ${cached}`, find: () => working(cached) },
      {
        name: `go install ${PACKAGE}`,
        async find() {
          const go = await resolveGo({ cacheFolder: CACHE, log });
          log(`building ${PACKAGE}, once`);
          return installAt(cached, async (folder) => {
            const env = { ...process.env, GOBIN: folder };
            await runTool(go, ['install', PACKAGE], BUILD_LIMIT_MS, { env });
            return working(path.join(folder, 'cmd'));
          });
        },
      },
    ],
    'the loader of Docker Compose could not be built; put Go on PATH',
  );
}

/**
 * @param env what `${NAME}` stands for; the file's own defaults when left out.
 * @throws Error with what the loader found wrong.
 */
export async function loadCompose(
  log: (line: string) => void = () => {},
  env: Record<string, string> = {},
): Promise<ComposeFile> {
  const loader = await resolveComposeLoader(log);
  const file = path.join(ROOT, 'compose.yaml');
  const { stdout } = await run(loader, ['-format', 'json', file], {
    env,
    cwd: ROOT,
    timeout: LOAD_LIMIT_MS,
  });
  return JSON.parse(stdout) as ComposeFile;
}
