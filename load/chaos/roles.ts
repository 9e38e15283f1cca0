/**
 * API and worker as an orchestrator keeps them: one that ends by itself is started again, also when
 * it cannot start because something that it needs is away.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { BegunRole, RoleName } from '#dev/embedded/processes.ts';

type Settings = Record<string, string>;

export interface KeptRoles {
  pidOf(role: RoleName): number;
  /** SIGKILL; it stays away until it is revived. */
  kill(role: RoleName): Promise<void>;
  /**
   * Starts it (again). Resolves when it is ready; it cannot be while something else is broken, so
   * the wait is bounded, and it goes on being started.
   * @param settings besides its own. @param logFile where its output goes.
   * @returns whether it is ready.
   */
  revive(role: RoleName, settings?: Settings, logFile?: string): Promise<boolean>;
  /** Roles that were ready and ended, although nobody had killed them; the call forgets them. */
  takeDeaths(): RoleName[];
  /** From now on none is started again. */
  letGo(): void;
}

interface Kept {
  wanted: boolean;
  process?: BegunRole;
}

const READY_PATIENCE_MS = 20_000;
const PAUSE_MS = 500;

/** @param begin starts a role, and does not wait until it is ready. */
export function keepRoles(
  begin: (role: RoleName, settings?: Settings, logFile?: string) => Promise<BegunRole>,
): KeptRoles {
  const all = new Map<RoleName, Kept>();
  const deaths: RoleName[] = [];

  /** One life of a role. */
  async function live(role: RoleName, one: Kept, process: BegunRole, onReady: () => void) {
    one.process = process;
    if (!one.wanted) return process.stop('SIGKILL');
    const ready = process.ready().then(
      () => true,
      () => false, // It has been ended, and is started again.
    );
    if (await ready) onReady();
    await process.ended;
    if (one.wanted && (await ready)) deaths.push(role);
  }

  async function kill(role: RoleName): Promise<void> {
    const one = all.get(role);
    if (!one) return;
    one.wanted = false;
    await one.process?.stop('SIGKILL');
  }

  return {
    pidOf: (role) => all.get(role)!.process!.pid,
    kill,
    async revive(role, settings, logFile) {
      await kill(role);
      const one: Kept = { wanted: true };
      all.set(role, one);
      const { promise: ready, resolve: onReady, reject } = Promise.withResolvers<void>();
      async function keep(): Promise<void> {
        while (one.wanted) {
          await live(role, one, await begin(role, settings, logFile), onReady);
          await delay(PAUSE_MS);
        }
      }
      keep().catch(reject);
      const isReady = ready.then(() => true);
      return Promise.race([isReady, delay(READY_PATIENCE_MS, false, { ref: false })]);
    },
    takeDeaths: () => deaths.splice(0),
    letGo() {
      for (const one of all.values()) one.wanted = false;
    },
  };
}
