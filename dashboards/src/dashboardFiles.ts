/** The six dashboards as files of `dashboards/`. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Addresses, addressesFrom } from './addresses.ts';
import { api } from './api.ts';
import { eventStore } from './eventStore.ts';
import { frame } from './frame.ts';
import { overview } from './overview.ts';
import { processes } from './processes.ts';
import { temporalWorker } from './temporalWorker.ts';
import { workflows } from './workflows.ts';

const DASHBOARDS = {
  overview,
  workflows,
  'temporal-worker': temporalWorker,
  api,
  'event-store': eventStore,
  processes,
};

/** As JSON: the builders return their internal state, which contains functions. */
const plain = (dashboard: Dashboard): Dashboard => JSON.parse(JSON.stringify(dashboard));

/** @param addresses link targets of this installation. */
export const dashboards = (
  addresses: Addresses = addressesFrom(process.env, 'development'),
): Map<string, Dashboard> =>
  new Map(
    Object.entries(DASHBOARDS).map(([name, spec]) => [
      `${name}.json`,
      plain(frame(spec, addresses)),
    ]),
  );

export const contentOf = (dashboard: Dashboard): string =>
  `${JSON.stringify(dashboard, null, 2)}\n`;
