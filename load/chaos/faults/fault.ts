/** What a fault is. */
import type { Arena } from '../arena.ts';
import type { SteadyLoad } from '../steadyLoad.ts';

/** Takes the fault back. */
export type Heal = () => Promise<void>;

export interface Fault {
  /** Unique, for the command line and the report. */
  name: string;
  /** Part of the short run of CI. */
  core?: boolean;
  /** Faults with the same part are not combined: the second would meet what is already away. */
  part: string;
  /** It happens at once, so there is nothing to wait for before it is healed. */
  momentary?: boolean;
  /** Called before the load begins. @throws NotPlayableHere */
  requires?(arena: Arena): Promise<unknown>;
  inject(arena: Arena, load: SteadyLoad): Promise<Heal>;
}

/** The fault needs what this machine has not, such as the right to mount. */
export class NotPlayableHere extends Error {
  override name = 'NotPlayableHere';
}

/** A means of a fault. @throws NotPlayableHere with the reason why it is not there. */
export const needed = <T>(means: Promise<T>): Promise<T> =>
  means.catch((cause: Error) => {
    throw new NotPlayableHere(cause.message, { cause });
  });

export const nothing: Heal = async () => {};
