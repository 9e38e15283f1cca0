/**
 * Where links lead. Set by variables when the dashboards are built, as the selectors of the rules are:
 * `LINK_TEMPORAL=https://temporal.example.org npm run generate`.
 */

/** Link targets, which differ between installations. */
export interface Addresses {
  /** Temporal Web UI. */
  temporal: string;
  /** The API, for the events of an organization. */
  api: string;
  /** The console, which shows organizations to people. */
  console: string;
  /** Folder of the runbooks. */
  runbooks: string;
}

const RUNBOOKS = 'https://github.com/analytics4change/a4c-workflows/blob/main/docs/runbooks';

/** Of the development stack: in dashboards/*.json. */
const DEVELOPMENT: Addresses = {
  temporal: 'http://localhost:8233',
  api: 'http://localhost:3000',
  console: 'http://localhost:5173',
  runbooks: RUNBOOKS,
};

/** Of the production overlay: in the ConfigMaps of k8s/components/monitoring. */
const CLUSTER: Addresses = {
  temporal: 'https://temporal.example.com',
  api: 'https://api-a4c.firstovertheline.com',
  console: 'https://app.example.com',
  runbooks: RUNBOOKS,
};

const VARIABLES: Record<keyof Addresses, string> = {
  temporal: 'LINK_TEMPORAL',
  api: 'LINK_API',
  console: 'LINK_CONSOLE',
  runbooks: 'LINK_RUNBOOKS',
};

/** @throws Error naming the variable that is no address. */
export function addressesFrom(
  env: Record<string, string | undefined>,
  where: 'development' | 'cluster',
): Addresses {
  const defaults = where === 'cluster' ? CLUSTER : DEVELOPMENT;
  const entries = Object.entries(VARIABLES).map(([name, variable]) => {
    const address = env[variable] ?? defaults[name as keyof Addresses];
    if (!URL.canParse(address)) throw new Error(`${variable} must be a URL, not ${address}`);
    return [name, address.replace(/\/$/, '')];
  });
  return Object.fromEntries(entries);
}
