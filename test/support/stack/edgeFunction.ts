/** The Edge Function as a Deno process that may do no more than it needs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { freePort } from '#dev/embedded/freePort.ts';
import { SETTING_NAMES } from '../../../edge/organization-bootstrap/settings.ts';

export interface EdgeFunction {
  url: string;
  /** Every line it has logged so far. */
  lines: string[];
  stop(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../../..');
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
 * @throws Error with what it wrote to stderr when it ends before.
 */
export async function startEdgeFunction(settings: Record<string, string>): Promise<EdgeFunction> {
  const port = await freePort();
  const child = spawn(DENO, ARGUMENTS, {
    cwd: FOLDER,
    env: {
      PATH: process.env.PATH,
      DENO_DIR: path.join(ROOT, '.cache/deno'),
      DENO_NO_UPDATE_CHECK: '1',
      DENO_SERVE_ADDRESS: `tcp:${HOST}:${port}`,
      NO_COLOR: '1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const failure = text(child.stderr);
  const lines: string[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.includes('function listens')) resolve();
  });
  const endedFirst = ended.then(async () => {
    throw new Error(await failure);
  });
  await Promise.race([listening, endedFirst]);
  // It will end some day, and that is no error then.
  endedFirst.catch(() => {});
  return {
    url: `http://${HOST}:${port}/organization-bootstrap`,
    lines,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
