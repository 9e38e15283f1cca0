/** Faults of what surrounds a process: its clock, and the disk that its log lines go to. */
import path from 'node:path';
import type { RoleName } from '#dev/embedded/processes.ts';
import { clockShift, resolveFaketime } from '#dev/tools/faketimeLibrary.ts';
import type { Arena } from '../arena.ts';
import { type Fault, type Heal, needed } from './fault.ts';

const CACHE = path.resolve(import.meta.dirname, '../../../.cache');
/** Every write to it fails as on a full disk. */
const FULL = '/dev/full';

/** Starts a role again in other surroundings, and at the end in its own. */
async function restarted(
  arena: Arena,
  role: RoleName,
  settings: Record<string, string>,
  logFile?: string,
): Promise<Heal> {
  await arena.kill(role);
  await arena.revive(role, settings, logFile);
  return async () => {
    await arena.kill(role);
    await arena.revive(role);
  };
}

const faketime = () => needed(resolveFaketime({ cacheFolder: CACHE }));

/** The API's clock decides about tokens, so only that of the worker is moved far. */
const clock = (role: RoleName, shift: string): Fault => ({
  name: `clock-${role}${shift}`,
  part: role,
  requires: faketime,
  inject: async (arena) => restarted(arena, role, clockShift(await faketime(), shift)),
});

const fullDisk = (role: RoleName): Fault => ({
  name: `full-disk-${role}`,
  part: role,
  inject: (arena) => restarted(arena, role, {}, FULL),
});

export const SURROUNDING_FAULTS: readonly Fault[] = [
  clock('worker', '+1h'),
  clock('worker', '-1h'),
  clock('api', '+2s'),
  fullDisk('api'),
  fullDisk('worker'),
];
