/** The command line of `npm run load`. */
import { parseArgs } from 'node:util';
import { ConfigError } from '#config';
import {
  type LoadThresholds,
  type MixedWeights,
  SCENARIOS,
  type ScenarioName,
} from '../../load/contracts.ts';
import {
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

export interface LoadArguments {
  scenario: ScenarioName;
  rate: number;
  durationSeconds: number;
  maxVus: number;
  count: number;
  steps: number[];
  spikeFactor: number;
  weights: MixedWeights;
  thresholds: LoadThresholds;
  endLimitSeconds: number;
  pollSeconds: number;
  workers: number;
  keep: boolean;
  json: boolean;
  /** Without a slash at its end; undefined for the embedded stack. */
  url: string | undefined;
  email: string;
  /** Name of the file `.env.<name>` to read settings from. */
  env: string | undefined;
}

const EMBEDDED_EMAIL = 'load@load.example';
const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600 };
/** Requests may wait so long before those that follow find no virtual user. */
const WAIT_SECONDS = 5;
const SPARE_VUS = 10;
const MAX_VUS = 2_000;

const refused = (problem: string): ConfigError => new ConfigError(`${problem}\n\n${USAGE}`);

function numberFrom(name: string, text: string, isRight: (n: number) => boolean, wanted: string) {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && isRight(value)) return value;
  throw refused(`--${name} must be ${wanted}, not ${text}`);
}

const positive = (name: string, text: string): number =>
  numberFrom(name, text, (n) => n > 0, 'a number above 0');
const whole = (name: string, text: string): number =>
  numberFrom(name, text, (n) => Number.isInteger(n) && n >= 1, 'a whole number from 1 on');

function secondsFrom(name: string, text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw refused(`--${name} must be a duration such as 30s, 5m or 1h, not ${text}`);
}

function stepsFrom(text: string): number[] {
  const steps = text.split(',').map((step) => positive('steps', step));
  const isRising = steps.every((step, index) => index === 0 || step > steps[index - 1]!);
  if (isRising) return steps;
  throw refused(`--steps must rise, not ${text}`);
}

function weightsFrom(text: string): MixedWeights {
  const weights = text.split(':').map(Number);
  const [reads = Number.NaN, bootstraps = Number.NaN, invitations = Number.NaN] = weights;
  const isRight = weights.length === 3 && weights.every((weight) => weight >= 0);
  if (isRight && reads + bootstraps + invitations > 0) return { reads, bootstraps, invitations };
  throw refused(`--weights must be three numbers such as 85:5:10, not ${text}`);
}

function urlFrom(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
    return text.replace(/\/+$/, '');
  throw refused(`--url must be an http or https address, not ${text}`);
}

function emailFrom(text: string | undefined, url: string | undefined): string {
  const email = text ?? (url ? '' : EMBEDDED_EMAIL);
  if (/^[^\s@+]+@[^\s@]+\.[^\s@]+$/.test(email)) return email;
  throw refused(
    email
      ? `--email must be an address without a +, not ${email}`
      : '--url needs --email: invitations are really sent',
  );
}

function scenarioFrom([name = '', ...more]: string[]): ScenarioName {
  const scenario = SCENARIOS.find((one) => one === name);
  if (scenario && more.length === 0) return scenario;
  throw refused(
    more.length > 0
      ? `one scenario at a time, not also ${more.join(' ')}`
      : name
        ? `there is no scenario ${name}`
        : 'no scenario given',
  );
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw refused((error as Error).message);
  }
}

/** Options that would be heeded by nobody are a mistake, not a wish. */
function refuseUseless(values: Values, scenario: ScenarioName): void {
  const useless: [given: boolean, problem: string][] = [
    [Boolean(values.url && values.workers), '--workers is for the embedded stack alone'],
    [Boolean(values.url) && scenario === 'backlog', 'backlog stops workers: embedded stack alone'],
    [!values.url && Boolean(values.email), '--email is of use with --url alone'],
    [Boolean(values.count) && scenario !== 'backlog', '--count is for backlog alone'],
    [Boolean(values.steps) && scenario !== 'ramp', '--steps is for ramp alone'],
    [Boolean(values.factor) && scenario !== 'spike', '--factor is for spike alone'],
    [Boolean(values.weights) && scenario !== 'mixed', '--weights is for mixed alone'],
    [Boolean(values.rate) && ['smoke', 'ramp'].includes(scenario), `${scenario} has no --rate`],
    [Boolean(values.duration) && scenario === 'backlog', 'backlog has no --duration: see --count'],
  ];
  const found = useless.find(([given]) => given);
  if (found) throw refused(found[1]);
}

function thresholdsFrom(values: Values, scenario: ScenarioName): LoadThresholds {
  const { startMs, activeMs } = values.url ? LIMITS.given : LIMITS.embedded;
  const active = values['max-active-ms'];
  return {
    startMs: values['max-start-ms'] ? positive('max-start-ms', values['max-start-ms']) : startMs,
    // What is queued on purpose is late on purpose.
    ...(active
      ? { activeMs: positive('max-active-ms', active) }
      : !['backlog', 'ramp'].includes(scenario) && { activeMs }),
    ...KNEE,
  };
}

/**
 * @returns undefined when help was asked for.
 * @throws ConfigError with the usage when an option is wrong.
 */
export function argumentsFrom(args: string[]): LoadArguments | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const scenario = scenarioFrom(positionals);
  refuseUseless(values, scenario);
  const url = values.url === undefined ? undefined : urlFrom(values.url);
  const defaults = DEFAULTS[scenario];
  const limits = url ? LIMITS.given : LIMITS.embedded;
  const rate = values.rate ? positive('rate', values.rate) : defaults.rate;
  const steps = values.steps ? stepsFrom(values.steps) : DEFAULT_STEPS;
  const spikeFactor = values.factor ? positive('factor', values.factor) : DEFAULT_SPIKE_FACTOR;
  const fastest =
    Math.max(rate, scenario === 'ramp' ? steps.at(-1)! : 0) *
    (scenario === 'spike' ? Math.max(1, spikeFactor) : 1);
  return {
    scenario,
    rate,
    durationSeconds: values.duration
      ? secondsFrom('duration', values.duration)
      : defaults.durationSeconds,
    maxVus: values.vus
      ? whole('vus', values.vus)
      : Math.min(MAX_VUS, SPARE_VUS + Math.ceil(fastest * WAIT_SECONDS)),
    count: values.count ? whole('count', values.count) : DEFAULT_COUNT,
    steps,
    spikeFactor,
    weights: values.weights ? weightsFrom(values.weights) : DEFAULT_WEIGHTS,
    thresholds: thresholdsFrom(values, scenario),
    endLimitSeconds: values.limit ? secondsFrom('limit', values.limit) : limits.endLimitSeconds,
    pollSeconds: limits.pollSeconds,
    workers: values.workers
      ? numberFrom(
          'workers',
          values.workers,
          (n) => Number.isInteger(n) && n >= 0,
          'a whole number',
        )
      : 1,
    keep: values.keep,
    json: values.json,
    url,
    email: emailFrom(values.email, url),
    env: values.env,
  };
}
