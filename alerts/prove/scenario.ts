import type { Duration } from '#alerts/src/timeScale.ts';
import type { Fault } from './faults/fault.ts';
import type { Stage } from './stage.ts';

/** An alert by its name and, where several rules share the name, its static labels. */
export interface ProvedAlert {
  alert: string;
  labels?: Record<string, string>;
  /** Labels of the page that the rule takes from its series: which dependency, which schedule. */
  about?: Record<string, string>;
  /** How long after the fault its page may come, in production; by default that of the scenario. */
  reach?: Duration;
}

/** A real fault, and the alerts that it must raise. */
export interface Scenario {
  /** Unique. */
  fault: string;
  proves: ProvedAlert[];
  /** Whether CI also plays it. */
  core?: boolean;
  /** How long after the fault the first page may come, in production. */
  reach?: Duration;
  /** Whether onboardings are requested meanwhile, as many an hour as the product has. */
  traffic?: boolean;
  /**
   * How long the fault lasts at least. Meanwhile the pager may get no other alert than those that
   * are proved, and none of them may be taken back: one incident is one page.
   */
  steadySeconds?: number;
  /** Time limit for its alerts, and for their end; 120 s when left out. */
  limitSeconds?: number;
  begin(stage: Stage): Promise<unknown>;
  end(stage: Stage): Promise<unknown>;
  /** Restores the stage after its alerts have ended, where doing so earlier would raise others. */
  restore?(stage: Stage): Promise<unknown>;
}

/** A scenario of a fault that game days have, too. */
export const of = (
  { fault, begin, end }: Fault,
  what: Omit<Scenario, 'fault' | 'begin' | 'end'>,
): Scenario => ({
  fault,
  ...what,
  begin: ({ breakable }) => begin(breakable),
  end: ({ breakable }) => end(breakable),
});

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
