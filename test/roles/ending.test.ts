/** A program that has done its work ends, whatever its connections are in. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = path.resolve(import.meta.dirname, '../support/programs/leavesReset.ts');
/** Means "hangs": the program has nothing to do. */
const LIMIT_MS = 30_000;

test('a connection that cannot be closed does not hold a program', async () => {
  const run = promisify(execFile)(process.execPath, [PROGRAM], { timeout: LIMIT_MS });
  await expect(run).resolves.toMatchObject({ stdout: 'done\n' });
});
