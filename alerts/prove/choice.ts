/** Selects the scenarios that `npm run prove:alerts` plays. */
import type { ProvedAlert, Scenario } from './scenario.ts';

/** Always fires, so there is no fault to inject. */
export const WATCHDOG: ProvedAlert = { alert: 'Watchdog' };

export interface Asked {
  /** Names of alerts; all of them when left out. */
  only?: string[];
  /** Only the scenarios that CI also plays. */
  core?: boolean;
}

export interface Choice {
  /** The chosen scenarios; of their alerts, only those asked for. */
  scenarios: Scenario[];
  watchdog: boolean;
}

/** @throws Error that lists the alerts with a scenario, when one of those asked for has none. */
export function choose(all: readonly Scenario[], { only, core }: Asked): Choice {
  const playable = all.filter((scenario) => !core || scenario.core);
  const provable = new Set([
    ...playable.flatMap(({ proves }) => proves.map(({ alert }) => alert)),
    ...(core ? [] : [WATCHDOG.alert]),
  ]);
  const unknown = (only ?? []).filter((name) => !provable.has(name));
  if (unknown.length > 0) {
    const which = core ? 'no scenario of the core proves' : 'no scenario proves';
    throw new Error(
      `--only: ${which} ${unknown.join(', ')}; there are ${[...provable].sort().join(', ')}`,
    );
  }
  const isAsked = ({ alert }: ProvedAlert) => !only || only.includes(alert);
  return {
    scenarios: playable
      .map((scenario) => ({ ...scenario, proves: scenario.proves.filter(isAsked) }))
      .filter(({ proves }) => proves.length > 0),
    watchdog: provable.has(WATCHDOG.alert) && isAsked(WATCHDOG),
  };
}
