/** Schemathesis, the property-based tester of OpenAPI documents, in a virtual environment of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CACHE } from '#support/paths.ts';
import { pythonCommand } from './pythonCommand.ts';

const run = promisify(execFile);

const VERSION = '4.32.5';
const RUN_LIMIT_MS = 300_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** @returns exit code (0 when nothing was found) and everything it printed. */
export async function runSchemathesis(
  args: string[],
): Promise<{ exitCode: number; output: string }> {
  const command = await pythonCommand('schemathesis', VERSION, 'schemathesis');
  // It keeps a database of examples where it runs.
  const cwd = await mkdtemp(path.join(CACHE, 'schemathesis-run-'));
  try {
    const options = { cwd, timeout: RUN_LIMIT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout, stderr } = await run(command, args, options);
    return { exitCode: 0, output: stdout + stderr };
  } catch (error) {
    const {
      code,
      stdout = '',
      stderr = '',
    } = error as {
      code?: unknown;
      stdout?: string;
      stderr?: string;
    };
    // Anything but an exit code means that it did not run to its end.
    if (typeof code !== 'number') throw error;
    return { exitCode: code, output: stdout + stderr };
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
