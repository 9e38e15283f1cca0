import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import {
  busiestThread,
  mostResidentBytes,
  processSeconds,
  residentBytes,
  threadSeconds,
} from './usage.ts';

/** Uses CPU until the kernel's counter (in hundredths of a second) has increased. */
function workUntilCounted(): void {
  const before = processSeconds(process.pid);
  while (processSeconds(process.pid) < before + 0.05);
}

test('CPU seconds of a process equal those that Node reports', () => {
  workUntilCounted();
  const { user, system } = process.cpuUsage();
  const known = (user + system) / 1_000_000;
  expect(Math.abs(processSeconds(process.pid) - known)).toBeLessThan(0.1 * known + 0.1);
});

test('the busiest thread used the CPU, and no more than its process', () => {
  const [before, processBefore] = [threadSeconds(process.pid), processSeconds(process.pid)];
  workUntilCounted();
  const busiest = busiestThread(before, threadSeconds(process.pid));
  expect(busiest).toBeGreaterThan(0);
  // The kernel rounds each of the four values to hundredths.
  expect(busiest).toBeLessThan(processSeconds(process.pid) - processBefore + 0.025);
});

test('reads the memory of other processes, never above its peak', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log()']);
  try {
    await once(child.stdout, 'data');
    const resident = residentBytes(child.pid!);
    expect(resident).toBeGreaterThan(1_048_576);
    expect(mostResidentBytes(child.pid!)).toBeGreaterThanOrEqual(resident);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
