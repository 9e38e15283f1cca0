/** The result of a run as text. */
import { styled } from '#dev/embedded/terminal.ts';
import type { Drain } from '../drain.ts';
import type { Knee, RampStep } from '../knee.ts';
import type { Figure, LoadResult } from '../loadResult.ts';
import type { ProcessReading } from '../metricsReading.ts';
import { columns } from './columns.ts';

const MEGABYTE = 1_048_576;
const MAX_MESSAGES = 8;

const whole = (value: number): string => String(Math.round(value));

export const FIGURE_HEAD = ['ms', 'count', 'p50', 'p95', 'p99', 'max'];
export const figureRow = ({ name, count, p50, p95, p99, max }: Figure): string[] => [
  name,
  ...[count, p50, p95, p99, max].map(whole),
];

const mark = (passed: boolean): string =>
  passed ? styled('green', 'passed') : styled('red', 'FAILED');

export const thresholdRows = ({ thresholds }: LoadResult): string[][] =>
  thresholds.map(({ of, metric, expression, outcome }) => [outcome, of, metric, expression]);

/** Lines about the rate at which the ramp broke. */
export function kneeLines({
  holds,
  breaks,
  because,
  steps,
}: Knee & { steps: RampStep[] }): string[] {
  const head = ['rate/s', 'accepted', 'dropped', 'start p95 ms', 'in flight s', 'active p95 s'];
  const rows = steps
    .filter(({ accepted, dropped }) => accepted + dropped > 0)
    .map(({ rate, accepted, dropped, startP95Ms, inFlightMs, activeP95Ms }) => [
      String(rate),
      String(accepted),
      String(dropped),
      whole(startP95Ms),
      inFlightMs === undefined ? '-' : (inFlightMs / 1000).toFixed(1),
      activeP95Ms === undefined ? '-' : (activeP95Ms / 1000).toFixed(1),
    ]);
  const kept = holds === undefined ? 'no rate was kept up with' : `kept up with ${holds}/s`;
  const broke =
    breaks === undefined ? 'nothing broke: begin higher' : `broke at ${breaks}/s: ${because}`;
  return [...columns([head, ...rows]), `${kept}; ${broke}`];
}

export function drainLine(drain: Drain): string {
  const { runs, backlogAtStart, workersReadyMs, emptyAfterMs, perSecond } = drain;
  const rate = perSecond === undefined ? 'too few for a rate' : `${perSecond.toFixed(1)} runs/s`;
  const tasks =
    backlogAtStart === undefined ? '' : ` (${backlogAtStart} tasks in Temporal's queue)`;
  return `${runs} queued${tasks}; workers ready after ${(workersReadyMs / 1000).toFixed(1)} s, drained at ${rate}, empty after ${(emptyAfterMs / 1000).toFixed(1)} s`;
}

export function memoryRows({ before, after }: LoadResult['memory']): string[][] {
  const megabytes = (bytes: number | undefined) =>
    bytes === undefined ? '-' : whole(bytes / MEGABYTE);
  const at = (readings: ProcessReading[], process: string) =>
    readings.find((one) => one.process === process);
  const names = [...new Set([...before, ...after].map(({ process }) => process))];
  return names.map((process) => [
    process,
    megabytes(at(before, process)?.residentBytes),
    megabytes(at(after, process)?.residentBytes),
    megabytes(at(before, process)?.heapUsedBytes),
    megabytes(at(after, process)?.heapUsedBytes),
  ]);
}
export const MEMORY_HEAD = ['MB', 'resident before', 'after', 'heap before', 'after'];

function whereLines({ dashboards, prometheusUrl, startedAt, endedAt }: LoadResult): string[] {
  const prometheus = prometheusUrl ? [`  Prometheus: ${prometheusUrl}`] : [];
  return [
    `Dashboards, ${startedAt} to ${endedAt}:`,
    ...columns(dashboards.map(({ title, url }) => [`  ${title}`, url])),
    ...prometheus,
  ];
}

export function textReport(result: LoadResult): string {
  const { scenario, target, requests, runs, checks, messages, problems, passed } = result;
  const failed = (requests.failedShare * 100).toFixed(2);
  const passes = checks.reduce((sum, one) => sum + one.passes, 0);
  const fails = checks.reduce((sum, one) => sum + one.fails, 0);
  const sections = [
    [
      styled('bold', `${scenario} on ${target}`),
      `${requests.count} requests, ${requests.perSecond.toFixed(1)}/s, ${failed} % of them failed, ${requests.dropped} left out`,
      `${runs.accepted} bootstraps accepted, ${runs.completed} completed, ${runs.withFaults} with faults`,
      `${passes} checks passed, ${fails} failed`,
    ],
    columns([FIGURE_HEAD, ...result.figures.map(figureRow)]),
    columns(thresholdRows(result)),
    result.knee ? kneeLines(result.knee) : [],
    result.drain ? [drainLine(result.drain)] : [],
    columns([MEMORY_HEAD, ...memoryRows(result.memory)]),
    messages.slice(0, MAX_MESSAGES).map(({ message, times }) => `${times} × ${message}`),
    whereLines(result),
    result.files,
    problems.map((problem) => `  ${problem}`),
    [`${mark(passed)}`],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}
