import type { Stage } from './stage.ts';

/** An alert by its name and, where several rules share the name, its static labels. */
export interface ProvedAlert {
  alert: string;
  labels?: Record<string, string>;
}

/** A real fault, and the alerts that it must raise. */
export interface Scenario {
  fault: string;
  proves: ProvedAlert[];
  /** Whether CI also plays it. */
  core?: boolean;
  /** Time limit for its alerts, and for their end; 120 s when left out. */
  limitSeconds?: number;
  begin(stage: Stage): Promise<unknown>;
  end(stage: Stage): Promise<unknown>;
  /** Restores the stage after its alerts have ended, where doing so earlier would raise others. */
  restore?(stage: Stage): Promise<unknown>;
}

/**
 * A scenario whose `end` needs values from its `begin`.
 * @param begin starts the fault and returns a function that ends it.
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
