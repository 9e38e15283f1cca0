import type { Stage } from './stage.ts';

/** An alert, and where several rules share its name, the static labels of the one that is meant. */
export interface ProvedAlert {
  alert: string;
  labels?: Record<string, string>;
}

/** A real fault, and the alerts that it has to raise. */
export interface Scenario {
  fault: string;
  proves: ProvedAlert[];
  /** Whether CI plays it too. */
  core?: boolean;
  /** How long pages, and their ends, may take; 120 s when left out. */
  limitSeconds?: number;
  begin(stage: Stage): Promise<unknown>;
  end(stage: Stage): Promise<unknown>;
  /** Puts the stage back once its alerts are over, where that by itself would raise others. */
  restore?(stage: Stage): Promise<unknown>;
}

/**
 * A scenario whose `end` needs what its `begin` made.
 * @param begin returns how to end the fault.
 */
export function scenario(
  what: Omit<Scenario, 'begin' | 'end'>,
  begin: (stage: Stage) => Promise<() => Promise<unknown>>,
): Scenario {
  let end: (() => Promise<unknown>) | undefined;
  return {
    ...what,
    async begin(stage) {
      end = await begin(stage);
    },
    end: async () => end?.(),
  };
}
