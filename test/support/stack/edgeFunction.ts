/** The Edge Function as a Deno process that may do no more than it needs. */
import path from 'node:path';
import { freePort } from '#dev/embedded/freePort.ts';
import { CACHE, ROOT } from '#support/paths.ts';
import { SETTING_NAMES } from '../../../edge/organization-bootstrap/settings.ts';
import { spawnUntil } from './childProcess.ts';

export interface EdgeFunction {
  url: string;
  /** Every line it has logged so far. */
  lines(): string[];
  stop(): Promise<void>;
}

const DENO = path.join(ROOT, 'node_modules/.bin/deno');
const FOLDER = path.join(ROOT, 'edge/organization-bootstrap');
const HOST = '127.0.0.1';

/** npm packages from our own node_modules; nothing is fetched. */
const ARGUMENTS = [
  'run',
  '--no-prompt',
  '--cached-only',
  '--node-modules-dir=manual',
  `--allow-net=${HOST}`,
  `--allow-env=${SETTING_NAMES.join(',')}`,
  'index.ts',
];

/**
 * Starts the function and resolves when it listens.
 * @throws Error with what it wrote when it ends before.
 */
export async function startEdgeFunction(settings: Record<string, string>): Promise<EdgeFunction> {
  const port = await freePort();
  const { output, kill } = await spawnUntil('function listens', {
    command: DENO,
    args: ARGUMENTS,
    cwd: FOLDER,
    env: {
      DENO_DIR: path.join(CACHE, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
      DENO_SERVE_ADDRESS: `tcp:${HOST}:${port}`,
      NO_COLOR: '1',
      ...settings,
    },
  });
  return {
    url: `http://${HOST}:${port}/organization-bootstrap`,
    lines: () => output().split('\n').filter(Boolean),
    stop: async () => void (await kill('SIGTERM')),
  };
}
