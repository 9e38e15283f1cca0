/** The command line of `npm run load`. */
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { withUsage } from '#roles/commandLine.ts';
import {
  type LoadSettings,
  type LoadThresholds,
  SCENARIOS,
  type ScenarioName,
} from '../../k6/contracts.ts';
import {
  emailFrom,
  positive,
  secondsFrom,
  stepsFrom,
  urlFrom,
  weightsFrom,
  wholeFrom,
} from './argumentValues.ts';
import {
  BACKLOG_POLL_SECONDS,
  BACKLOG_SECONDS_PER_RUN,
  DEFAULT_COUNT,
  DEFAULT_SPIKE_FACTOR,
  DEFAULT_STEPS,
  DEFAULT_WEIGHTS,
  DEFAULTS,
  KNEE,
  LIMITS,
} from './scenarioDefaults.ts';

export const USAGE = `usage: npm run load -- <scenario> [options]

${SCENARIOS.map((name) => `  ${name.padEnd(8)} ${DEFAULTS[name].what}`).join('\n')}

Starts the embedded stack, loads it with k6, follows every accepted run to its end, and looks at
the database; or does the same to a given installation, over its API alone.

  --rate <n>            requests a second that arrive
  --duration <n>s|m|h   of the load; for ramp and spike: all steps together
  --vus <n>             requests under way at once, at most
  --count <n>           backlog: how many bootstraps (${DEFAULT_COUNT})
  --steps <n>,<n>,…     ramp: rates, one after the other (${DEFAULT_STEPS.join(',')})
  --factor <n>          spike: how often the rate is multiplied (${DEFAULT_SPIKE_FACTOR})
  --weights <r>:<b>:<i> mixed: reads, bootstraps, invitations (${Object.values(DEFAULT_WEIGHTS).join(':')})
  --limit <n>s|m|h      how long after the load the last run may end
  --max-start-ms <n>    threshold: p99 from the request to the start of its run
  --max-active-ms <n>   threshold: p99 from the request to the active organization
  --workers <n>         embedded stack: so many workers (1)
  --keep                embedded stack: stays up afterwards, with Prometheus where it is there;
                        with --url: leaves the organizations, which are deleted otherwise
  --url <address>       an installation in place of the embedded stack
  --email <address>     with --url: gets the invitations, as local+name@domain
  --env <name>          read the settings from .env.<name>
  --json                print one JSON document instead of the table
  --help

Settings: with --url API_TOKEN, a token with platform.admin, or what the API verifies tokens by,
to sign one: SUPABASE_JWT_SECRET, and SUPABASE_URL or JWT_ISSUER. GRAFANA_URL for links.
Exits 0 when every threshold and every check passes, 1 when one does not, 130 after Ctrl-C.
`;

const OPTIONS = {
  rate: { type: 'string' },
  duration: { type: 'string' },
  vus: { type: 'string' },
  count: { type: 'string' },
  steps: { type: 'string' },
  factor: { type: 'string' },
  weights: { type: 'string' },
  limit: { type: 'string' },
  'max-start-ms': { type: 'string' },
  'max-active-ms': { type: 'string' },
  workers: { type: 'string' },
  keep: { type: 'boolean', default: false },
  url: { type: 'string' },
  email: { type: 'string' },
  env: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Settings that are passed to k6 unchanged. */
type Asked =
  | 'rate'
  | 'durationSeconds'
  | 'maxVus'
  | 'count'
  | 'steps'
  | 'spikeFactor'
  | 'weights'
  | 'thresholds'
  | 'endLimitSeconds'
  | 'pollSeconds';

export interface LoadArguments extends Pick<LoadSettings, Asked> {
  scenario: ScenarioName;
  workers: number;
  keep: boolean;
  json: boolean;
  /** Without a trailing slash; undefined for the embedded stack. */
  url: string | undefined;
  email: string;
  /** Name of the file `.env.<name>` with settings. */
  env: string | undefined;
}

const EMBEDDED_EMAIL = 'load@load.example';
/** Duration of requests for which the number of virtual users is calculated. */
const WAIT_SECONDS = 5;
const SPARE_VUS = 10;
const MAX_VUS = 2_000;

type Values = ReturnType<typeof parse>['values'];

const parse = (args: string[]) => parseArgs({ args, options: OPTIONS, allowPositionals: true });

function scenarioFrom([name, ...more]: string[]): ScenarioName {
  if (name === undefined) throw new ConfigError('no scenario given');
  if (more.length > 0) throw new ConfigError(`one scenario at a time, not also ${more.join(' ')}`);
  const scenario = SCENARIOS.find((one) => one === name);
  if (scenario) return scenario;
  throw new ConfigError(`there is no scenario ${name}`);
}

/** Options that have no effect on the chosen scenario are an error. */
function refuseUseless(values: Values, scenario: ScenarioName): void {
  const { url } = values;
  const useless: [given: unknown, problem: string][] = [
    [url && values.workers, '--workers is for the embedded stack alone'],
    [url && scenario === 'backlog', 'backlog stops workers: embedded stack alone'],
    [url && !values.email, '--url needs --email: invitations are really sent'],
    [!url && values.email, '--email is of use with --url alone'],
    [scenario !== 'backlog' && values.count, '--count is for backlog alone'],
    [scenario !== 'ramp' && values.steps, '--steps is for ramp alone'],
    [scenario !== 'spike' && values.factor, '--factor is for spike alone'],
    [scenario !== 'mixed' && values.weights, '--weights is for mixed alone'],
    [['smoke', 'ramp'].includes(scenario) && values.rate, `${scenario} has no --rate`],
    [scenario === 'backlog' && values.duration, 'backlog has no --duration: see --count'],
  ];
  const found = useless.find(([given]) => given);
  if (found) throw new ConfigError(found[1]);
}

/** Runs that are queued on purpose are late, so there is no threshold on it. */
const isLateOnPurpose = (scenario: ScenarioName): boolean =>
  scenario === 'backlog' || scenario === 'ramp';

function thresholdsFrom(values: Values, scenario: ScenarioName): LoadThresholds {
  const { 'max-start-ms': start, 'max-active-ms': active } = values;
  const limits = values.url ? LIMITS.given : LIMITS.embedded;
  const startMs = start ? positive('max-start-ms', start) : limits.startMs;
  if (active) return { startMs, activeMs: positive('max-active-ms', active), ...KNEE };
  return { startMs, ...(!isLateOnPurpose(scenario) && { activeMs: limits.activeMs }), ...KNEE };
}

type Load = Pick<
  LoadArguments,
  'rate' | 'durationSeconds' | 'maxVus' | 'count' | 'steps' | 'spikeFactor' | 'weights'
>;

/** The highest arrival rate per second. */
function fastestOf(scenario: ScenarioName, { rate, steps, spikeFactor }: Omit<Load, 'maxVus'>) {
  if (scenario === 'ramp') return steps.at(-1)!;
  return scenario === 'spike' ? rate * Math.max(1, spikeFactor) : rate;
}

function loadFrom(values: Values, scenario: ScenarioName): Load {
  const { rate, duration, count, steps, factor, weights, vus } = values;
  const defaults = DEFAULTS[scenario];
  const load = {
    rate: rate ? positive('rate', rate) : defaults.rate,
    durationSeconds: duration ? secondsFrom('duration', duration) : defaults.durationSeconds,
    count: count ? wholeFrom(1, 'count', count) : DEFAULT_COUNT,
    steps: steps ? stepsFrom(steps) : DEFAULT_STEPS,
    spikeFactor: factor ? positive('factor', factor) : DEFAULT_SPIKE_FACTOR,
    weights: weights ? weightsFrom(weights) : DEFAULT_WEIGHTS,
  };
  const enough = SPARE_VUS + Math.ceil(fastestOf(scenario, load) * WAIT_SECONDS);
  return { ...load, maxVus: vus ? wholeFrom(1, 'vus', vus) : Math.min(MAX_VUS, enough) };
}

function read({ values, positionals }: ReturnType<typeof parse>): LoadArguments {
  const scenario = scenarioFrom(positionals);
  refuseUseless(values, scenario);
  const { url, email, limit, workers, keep, json, env } = values;
  const limits = url ? LIMITS.given : LIMITS.embedded;
  const load = loadFrom(values, scenario);
  const isBacklog = scenario === 'backlog';
  const queued = isBacklog ? load.count * BACKLOG_SECONDS_PER_RUN : 0;
  return {
    scenario,
    ...load,
    thresholds: thresholdsFrom(values, scenario),
    endLimitSeconds: limit ? secondsFrom('limit', limit) : limits.endLimitSeconds + queued,
    pollSeconds: isBacklog ? BACKLOG_POLL_SECONDS : limits.pollSeconds,
    workers: workers ? wholeFrom(0, 'workers', workers) : 1,
    url: url === undefined ? undefined : urlFrom(url),
    email: email ? emailFrom(email) : EMBEDDED_EMAIL,
    keep,
    json,
    env,
  };
}

/**
 * @returns undefined when help was asked for.
 * @throws ConfigError with the usage when an option is wrong.
 */
export function argumentsFrom(args: string[]): LoadArguments | undefined {
  return withUsage(USAGE, () => {
    const parsed = parse(args);
    return parsed.values.help ? undefined : read(parsed);
  });
}
