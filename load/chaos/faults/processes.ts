/** Faults of processes: killed, and standing still. */
import type { Part } from '../arena.ts';
import type { Fault } from './fault.ts';

const PARTS: readonly Part[] = ['api', 'worker', 'postgres', 'temporal'];

const killed = (part: Part): Fault => ({
  name: `kill-${part}`,
  core: part === 'worker' || part === 'postgres',
  part,
  async inject(arena) {
    await arena.kill(part);
    return () => arena.revive(part);
  },
});

/** PostgreSQL forks: its children work on when the postmaster alone stands still. */
const stopped = (part: Exclude<Part, 'postgres'>): Fault => ({
  name: `stop-${part}`,
  part,
  async inject(arena) {
    const pid = await arena.pidOf(part);
    process.kill(pid, 'SIGSTOP');
    return async () => {
      process.kill(pid, 'SIGCONT');
    };
  },
});

/** A rollout that goes wrong again and again: killed as soon as it is there. */
const churn: Fault = {
  name: 'churn-worker',
  part: 'worker',
  momentary: true,
  async inject(arena) {
    for (let times = 0; times < 3; times++) {
      await arena.kill('worker');
      await arena.revive('worker');
    }
    return async () => {};
  },
};

export const PROCESS_FAULTS: readonly Fault[] = [
  ...PARTS.map(killed),
  ...(['api', 'worker', 'temporal'] as const).map(stopped),
  churn,
];
