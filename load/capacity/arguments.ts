/** The command line of `npm run capacity`. */
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { MAX_PROPAGATION_WAIT_MS } from '#onboarding/contract/timing.ts';
import { withUsage } from '#roles/commandLine.ts';
import { positive, wholeFrom } from '../runner/arguments/argumentValues.ts';
import { defaultBurst, TARGET_DEFAULTS, type Target } from './model/target.ts';

const MAX_PROPAGATION_SECONDS = MAX_PROPAGATION_WAIT_MS / 1000;

export const USAGE = `usage: npm run capacity -- --per-hour <n> [options]

How many workers, and what they need: measures one worker process on the embedded stack, calculates
what the target takes, and holds its prediction for 1, 2 and 4 processes against a run.

  --per-hour <n>             bootstraps that arrive in an hour
  --burst <n>                so many at the same moment, on top (a tenth of --per-hour)
  --p95-minutes <n>          95 of 100 of the burst are active by then (${TARGET_DEFAULTS.p95Minutes})
  --duration-minutes <n>     how long a run is open on average (${TARGET_DEFAULTS.durationMinutes})
  --propagation-seconds <n>  DNS_PROPAGATION_WAIT_SECONDS (${TARGET_DEFAULTS.propagationSeconds})
  --provider-ms <n>          one call to Cloudflare, resolvers or mail server (${TARGET_DEFAULTS.providerMs})
  --users <n>                people that a bootstrap invites (${TARGET_DEFAULTS.users})
  --worker-cpu <n>           cores that a worker may use: its pod's limit (${TARGET_DEFAULTS.workerCpu})
  --worker-memory-mib <n>    memory that it may use: its pod's limit (${TARGET_DEFAULTS.workerMemoryMib})
  --utilisation <n>          share of a worker's rate to plan with (${TARGET_DEFAULTS.utilisation})
  --max-connections <n>      PostgreSQL's max_connections (${TARGET_DEFAULTS.maxConnections})
  --profile <file>           a profile measured elsewhere; nothing is measured or validated here
  --measure                  measure anew, although nothing has changed since the last time
  --no-validate              leave out the runs with 1, 2 and 4 processes
  --json                     print one JSON document instead of the tables
  --help

Needs Linux to measure. The profile is kept in .cache/capacity/profile.json, and used again until the
sources change. Exits 0 when the target can be provisioned for, whatever the prediction's error; 1 when
it cannot, when an option is wrong or the measurement fails; 130 after Ctrl-C.
`;

const OPTIONS = {
  'per-hour': { type: 'string' },
  burst: { type: 'string' },
  'p95-minutes': { type: 'string' },
  'duration-minutes': { type: 'string' },
  'propagation-seconds': { type: 'string' },
  'provider-ms': { type: 'string' },
  users: { type: 'string' },
  'worker-cpu': { type: 'string' },
  'worker-memory-mib': { type: 'string' },
  utilisation: { type: 'string' },
  'max-connections': { type: 'string' },
  profile: { type: 'string' },
  measure: { type: 'boolean', default: false },
  validate: { type: 'boolean', default: true },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export interface CapacityArguments {
  target: Target;
  /** File of a profile that was measured on another machine. */
  profile: string | undefined;
  measure: boolean;
  validate: boolean;
  json: boolean;
}

const parse = (args: string[]) => parseArgs({ args, options: OPTIONS, allowNegative: true });
type Values = ReturnType<typeof parse>['values'];

const notNegative = (option: string, text: string): number =>
  text.trim() !== '' && Number(text) === 0 ? 0 : positive(option, text);

function targetFrom(values: Values): Target {
  const number = <T>(
    option: keyof Values,
    read: (option: string, text: string) => T,
    fallback: T,
  ): T => {
    const text = values[option];
    return typeof text === 'string' ? read(option, text) : fallback;
  };
  const whole = (option: string, text: string) => wholeFrom(1, option, text);
  if (values['per-hour'] === undefined) throw new ConfigError('--per-hour is required');
  const perHour = positive('per-hour', values['per-hour']);
  const { utilisation, ...defaults } = TARGET_DEFAULTS;
  return {
    perHour,
    burst: number('burst', whole, defaultBurst(perHour)),
    p95Minutes: number('p95-minutes', positive, defaults.p95Minutes),
    durationMinutes: number('duration-minutes', positive, defaults.durationMinutes),
    propagationSeconds: number('propagation-seconds', notNegative, defaults.propagationSeconds),
    providerMs: number('provider-ms', notNegative, defaults.providerMs),
    users: number('users', whole, defaults.users),
    workerCpu: number('worker-cpu', positive, defaults.workerCpu),
    workerMemoryMib: number('worker-memory-mib', positive, defaults.workerMemoryMib),
    utilisation: number('utilisation', positive, utilisation),
    maxConnections: number('max-connections', whole, defaults.maxConnections),
  };
}

/** Refuses values that are out of range or contradict each other. */
function refuseImpossible(target: Target, values: Values): void {
  const { utilisation, propagationSeconds, durationMinutes } = target;
  const wrong: [is: unknown, problem: string][] = [
    [utilisation >= 1, `--utilisation must be below 1, not ${utilisation}`],
    [
      propagationSeconds > MAX_PROPAGATION_SECONDS,
      `--propagation-seconds is at most ${MAX_PROPAGATION_SECONDS}, as the setting is`,
    ],
    [
      durationMinutes * 60 < propagationSeconds,
      `--duration-minutes ${durationMinutes} is shorter than the wait for DNS in it, --propagation-seconds ${propagationSeconds}`,
    ],
    [values.profile && values.measure, '--measure is of no use with --profile'],
  ];
  const found = wrong.find(([is]) => is);
  if (found) throw new ConfigError(found[1]);
}

function read(values: Values): CapacityArguments {
  const target = targetFrom(values);
  refuseImpossible(target, values);
  const { profile, measure, json } = values;
  // The run for comparison is on this machine, so it is left out for a profile of another one.
  return { target, profile, measure, validate: values.validate && !profile, json };
}

/**
 * @returns undefined when help was asked for.
 * @throws ConfigError with the usage when an option is wrong.
 */
export function argumentsFrom(args: string[]): CapacityArguments | undefined {
  return withUsage(USAGE, () => {
    const { values } = parse(args);
    return values.help ? undefined : read(values);
  });
}
