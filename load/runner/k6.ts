/** Runs one script with k6, and reads its messages. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { inheritedEnvironment } from '#dev/settings.ts';
import type { LoadRecord, LoadSettings } from '../k6/contracts.ts';

export interface K6Run {
  /** The program; see `resolveK6`. */
  k6: string;
  /** Path below `load/k6`. */
  script: string;
  settings: LoadSettings;
  /** File of k6's own report with graphs. */
  reportFile?: string;
  onRecord: (record: LoadRecord) => void;
  /** Called with the process id. */
  onSpawn: (pid: number) => void;
  /** Stops k6 gracefully when aborted. */
  signal: AbortSignal;
}

/** One metric of k6's summary. */
export interface K6Metric {
  type: 'trend' | 'counter' | 'rate' | 'gauge';
  values: Record<string, number>;
  /** Thresholds by expression. */
  thresholds?: Record<string, { ok: boolean }>;
}

interface K6Group {
  checks: { name: string; passes: number; fails: number }[];
  groups: K6Group[];
}

export interface K6Summary {
  state: { testRunDurationMs: number };
  metrics: Record<string, K6Metric>;
  root_group: K6Group;
}

export interface K6Outcome {
  summary: K6Summary;
  /** Other messages, with their counts. */
  messages: Map<string, number>;
}

const SCRIPTS = path.resolve(import.meta.dirname, '../k6');
/** Without k6's REST API: two concurrent runs would need the same port. */
const K6_OPTIONS = ['run', '--quiet', '--no-color', '--log-format', 'raw', '--address', ''];
const THRESHOLDS_FAILED = 99;
/** Longer than the timeout of a request. */
const STOP_LIMIT_MS = 40_000;
/** Interval of points in k6's own report; a run of less than three intervals has no report. */
const REPORT_PERIOD = '1s';

/** No downloads and no usage reports. k6's report needs its web server: loopback, any free port. */
const environmentOf = ({ settings, reportFile }: K6Run) => ({
  ...inheritedEnvironment(),
  K6_AUTO_EXTENSION_RESOLUTION: 'false',
  K6_NO_USAGE_REPORT: 'true',
  LOAD_SETTINGS: JSON.stringify(settings),
  ...(reportFile && {
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_HOST: '127.0.0.1',
    K6_WEB_DASHBOARD_PORT: '0',
    K6_WEB_DASHBOARD_PERIOD: REPORT_PERIOD,
    K6_WEB_DASHBOARD_EXPORT: reportFile,
  }),
});

/** A message of a script is JSON; anything else is output of k6. */
function recordIn(line: string): LoadRecord | undefined {
  if (!line.startsWith('{"kind":')) return undefined;
  return JSON.parse(line) as LoadRecord;
}

const THRESHOLDS_MESSAGE = /^thresholds on metrics /;

/**
 * Waits until k6 has ended, with or without crossed thresholds (see the summary).
 * @throws Error with k6's output when it failed; AbortError once stopped.
 */
export async function runK6(run: K6Run): Promise<K6Outcome> {
  const args = [...K6_OPTIONS, path.join(SCRIPTS, run.script)];
  const child = spawn(run.k6, args, {
    env: environmentOf(run),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  await once(child, 'spawn');
  run.onSpawn(child.pid!);
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGINT');
    killing = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  };
  run.signal.addEventListener('abort', stop, { once: true });
  const messages = new Map<string, number>();
  for await (const line of createInterface({ input: child.stderr })) {
    const record = recordIn(line);
    if (record) run.onRecord(record);
    else if (line.trim() && !THRESHOLDS_MESSAGE.test(line)) {
      messages.set(line, (messages.get(line) ?? 0) + 1);
    }
  }
  const [code] = await closed;
  clearTimeout(killing);
  run.signal.removeEventListener('abort', stop);
  run.signal.throwIfAborted();
  if (code !== 0 && code !== THRESHOLDS_FAILED) {
    const said = [...messages.keys()].slice(-10).join('\n');
    throw new Error(`k6 ended with code ${code} in ${run.script}:\n${said}`);
  }
  const summary = JSON.parse(await readFile(run.settings.summaryFile, 'utf8')) as K6Summary;
  return { summary, messages };
}
