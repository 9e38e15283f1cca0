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
  inject(arena: Arena, load: SteadyLoad): Promise<Heal>;
}

export const nothing: Heal = async () => {};
