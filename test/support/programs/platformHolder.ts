/**
 * `node platformHolder.ts`: starts a platform and holds it, for tests that kill this process.
 * Prints one JSON line for each part that is up, and one with everything at the end.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { startPlatform } from '#dev/embedded/platform.ts';

export interface HeldPlatform {
  folder: string;
  pids: number[];
  ports: number[];
}

const print = (value: object) => console.log(JSON.stringify(value));

const { stack, roles } = await startPlatform(
  { log: () => {}, onStarted: (part) => print({ part }) },
  new AbortController().signal,
);
const pidFile = path.join(stack.folder, 'postgres', 'cluster', 'postmaster.pid');
const postgres = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
const { DATABASE_URL, TEMPORAL_ADDRESS, PORT, HEALTH_CHECK_PORT } = stack.env;
const held: HeldPlatform = {
  folder: stack.folder,
  pids: [postgres, stack.temporal.pid, roles.api.pid, roles.worker.pid, stack.reaper.pid],
  ports: [
    Number(new URL(DATABASE_URL!).port),
    Number(TEMPORAL_ADDRESS!.split(':')[1]),
    Number(PORT),
    Number(HEALTH_CHECK_PORT),
  ],
};
print(held);
setInterval(() => {}, 60_000);
