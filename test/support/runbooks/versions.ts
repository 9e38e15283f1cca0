/** Versioned workers, as production has them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { deploymentNameOf, QUEUE_NAMES } from '#kernel/queues.ts';

export const DEPLOYMENT = 'a4c-workflows';

/** For hooks, in which expect.poll is not to be had. */
export const LIMIT = { timeout: 60_000, interval: 200 };

const execute = promisify(execFile);

/** Makes a build current on every queue, by the operators' command; its workers have to poll. */
export async function makeCurrent(temporalAddress: string, buildId: string): Promise<void> {
  const set = (deployment: string) =>
    execute(
      process.execPath,
      ['src/main.ts', 'ops', 'versions', 'set-current', deployment, buildId],
      { env: { PATH: process.env.PATH, TEMPORAL_ADDRESS: temporalAddress } },
    ).then(
      () => '',
      (error: { stderr: string }) => error.stderr,
    );
  await Promise.all(
    QUEUE_NAMES.map((queue) =>
      vi.waitFor(
        async () => expect(await set(deploymentNameOf(DEPLOYMENT, queue))).toBe(''),
        LIMIT,
      ),
    ),
  );
}
