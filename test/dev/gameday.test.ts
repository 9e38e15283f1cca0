/** A game day on a real `npm run dev`: it breaks, it is mended, also after it was killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runningStacks } from '#dev/embedded/controlPort.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SLOW = 120_000;

const run = (file: string, ...args: string[]): ChildProcess =>
  spawn(process.execPath, [path.join(ROOT, file), ...args], { cwd: ROOT, stdio: 'pipe' });
const gameday = (...args: string[]) => run('alerts/gameday/gameday.ts', ...args, '--stack', folder);

let dev: ChildProcess;
let folder: string;
let workerReady: string;

beforeAll(async () => {
  const before = new Set((await runningStacks()).map((one) => one.folder));
  dev = run('dev/main.ts', 'dev');
  const ours = async () => (await runningStacks()).find((one) => !before.has(one.folder));
  const stack = await vi.waitFor(async () => (await ours()) ?? Promise.reject(new Error('none')), {
    timeout: SLOW,
  });
  folder = path.basename(stack.folder);
  workerReady = new Map(stack.addresses).get('Worker health')!;
}, SLOW);
afterAll(async () => {
  dev.kill('SIGINT');
  await once(dev, 'exit');
}, SLOW);

const isReady = () =>
  fetch(workerReady).then(
    ({ ok }) => ok,
    () => false,
  );
const isPrinted = async (child: ChildProcess, words: string) => {
  for await (const chunk of child.stdout!) if (String(chunk).includes(words)) return;
  throw new Error(`it ended without "${words}"`);
};

test(
  'breaks until Ctrl-C, tells where to look only when asked, and mends',
  async () => {
    const child = gameday('worker-killed', '--no-traffic');
    let printed = '';
    child.stdout!.on('data', (chunk) => (printed += chunk));
    await expect.poll(isReady).toBe(false);
    await expect.poll(() => printed).toContain('It is broken');
    expect(await text(gameday('mail-refused').stderr!)).toContain('worker-killed is not over');
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    expect(await isReady()).toBe(true);
    expect(printed).toContain('the stack is as it was');
    expect(printed).not.toContain('who polls the queues');
  },
  SLOW,
);

test(
  'what a killed game day has left is taken back by --end',
  async () => {
    const child = gameday('worker-killed', '--no-traffic', '--hint');
    await isPrinted(child, 'It is broken');
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(await isReady()).toBe(false);
    expect(await text(gameday('--end').stdout!)).toContain('the stack is as it was');
    expect(await isReady()).toBe(true);
    expect(await text(gameday('--end').stdout!)).toContain('nothing is broken');
  },
  SLOW,
);

test(
  'an unknown incident is an error that lists them',
  async () => {
    const child = gameday('comet');
    expect(await text(child.stderr!)).toMatch(/no incident comet; there are[\s\S]+temporal-hung/);
  },
  SLOW,
);
