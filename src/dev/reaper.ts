/**
 * A process that outlives its parent by a moment, in order to clean up after it: whatever
 * ended the parent, also SIGKILL, its pipe closes, and the reaper ends what the parent had
 * started and removes its folder. Run by `startReaper`; reads one command a line:
 * `watch <pid> <signal>`, `forget <pid>`, `remove <folder>`.
 */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const GRACE_MS = 5_000;
const POLL_MS = 50;

const watched = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

const COMMANDS: Record<string, (rest: string[]) => void> = {
  watch: ([pid, signal]) => watched.set(Number(pid), signal as NodeJS.Signals),
  forget: ([pid]) => watched.delete(Number(pid)),
  remove: (folder) => folders.add(folder.join(' ')),
};

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Asks first, and insists after a while. */
async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  send(pid, signal);
  const deadline = Date.now() + GRACE_MS;
  while (send(pid, 0) && Date.now() < deadline) await delay(POLL_MS);
  send(pid, 'SIGKILL');
}

// A Ctrl-C in the terminal is for the parent; it decides when it is over.
process.on('SIGINT', () => {});
for await (const line of createInterface({ input: process.stdin })) {
  // A folder may have blanks in its name, so it is the whole rest of the line.
  const [command = '', ...rest] = line.split(' ');
  COMMANDS[command]?.(rest);
}
await Promise.all([...watched].map(([pid, signal]) => end(pid, signal)));
for (const folder of folders) await rm(folder, { recursive: true, force: true });
