/**
 * Asks a live Prometheus, after a demo load, everything that dashboards and alerts ask. Each
 * query has to return data; each metric they or the catalogue name has to be scraped.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { PrometheusTools } from '#dev/tools/prometheusTools.ts';
import { METRICS } from '#metricCatalogue.ts';
import { NEEDS_CLUSTER, ONLY_AFTER_FAULTS } from '../queries/allowances.ts';
import { queriesOf } from '../queries/panelQueries.ts';
import { promqlParts } from '../queries/promqlParts.ts';
import { knownAlerts, recordedRules } from '../queries/ruleExpressions.ts';
import { dashboards } from '../src/dashboardFiles.ts';
import { OUR_JOBS } from '../src/variables.ts';
import { demoLoad } from './demoLoad.ts';
import { startMonitoredStack } from './monitoredStack.ts';
import type { PrometheusClient, Series } from './prometheusClient.ts';

interface LiveQuery {
  where: string;
  expr: string;
  instant: boolean;
}

export interface LiveReport {
  problems: string[];
  queries: number;
  /** Queries that returned nothing and are allowed to. */
  allowed: string[];
}

const MS = 1000;
const BAD_GATEWAY = 502;
const STEP_SECONDS = 1;
/** Four scrape intervals: the smallest value of Grafana's $__rate_interval. */
const RATE_WINDOW = '4s';
/** Longer than the intervals of rules and health checks: data missing then does not come. */
const DATA_LIMIT_MS = 45_000;
const POLL_MS = 1_000;

const isFaultsOwn = (name: string): boolean => name in ONLY_AFTER_FAULTS;

/** Returns no data in a healthy system, if it reads only series that faults produce, or a cluster's. */
function isAllowed(expr: string): boolean {
  const { selectors } = promqlParts(expr);
  return (
    selectors.some(({ metric, text }) => metric in NEEDS_CLUSTER || text in NEEDS_CLUSTER) ||
    selectors.every(({ metric, text }) => isFaultsOwn(metric) || isFaultsOwn(text))
  );
}

/** Values of Grafana's variables when "All" is chosen. */
const resolved = (expr: string, rangeSeconds: number): string =>
  expr
    .replaceAll('$__rate_interval', RATE_WINDOW)
    .replaceAll('$__range', `${rangeSeconds}s`)
    .replaceAll('$namespace', 'default')
    .replaceAll('$job', OUR_JOBS)
    .replaceAll(/\$(instance|task_queue)\b/g, '.+')
    .replaceAll('$environment', '.*');

/** Panel queries as they are; of rules only the operands: a rule about faults returns no data. */
function liveQueries(): LiveQuery[] {
  const ofDashboards = [...dashboards()].flatMap(([file, each]) => queriesOf(file, each));
  const rules = [...knownAlerts, ...recordedRules];
  const ofRules = rules.flatMap(({ name, expr }) =>
    promqlParts(expr).selectors.map(({ text }) => ({ where: name, expr: text, instant: true })),
  );
  const distinct = new Map(ofRules.map((query) => [query.expr, query]));
  return [...ofDashboards, ...distinct.values()];
}

const hasData = (series: Series[]): boolean =>
  series.some(
    ({ value, values }) =>
      (!value && !values) ||
      [...(values ?? []), ...(value ? [value] : [])].some(([, v]) => v !== 'NaN'),
  );

/** @returns the problem of the query; undefined when it returns data. */
async function problemOf(
  { where, expr, instant }: LiveQuery,
  prometheus: PrometheusClient,
  startSeconds: number,
): Promise<string | undefined> {
  const range = Math.ceil(Date.now() / MS - startSeconds);
  const query = resolved(expr, range);
  try {
    const series = instant
      ? await prometheus.instant(query)
      : await prometheus.range(query, startSeconds, STEP_SECONDS);
    return hasData(series) ? undefined : `${where}: no data for ${query}`;
  } catch (error) {
    return `${where}: ${(error as Error).message}`;
  }
}

/** Repeats the queries until all that must return data do, or until the time limit. */
async function ask(
  prometheus: PrometheusClient,
  startSeconds: number,
): Promise<Omit<LiveReport, 'problems'> & { empty: [LiveQuery, string][] }> {
  const queries = liveQueries();
  const deadline = Date.now() + DATA_LIMIT_MS;
  let left = queries;
  for (;;) {
    const empty: [LiveQuery, string][] = [];
    for (const query of left) {
      const problem = await problemOf(query, prometheus, startSeconds);
      if (problem) empty.push([query, problem]);
    }
    left = empty.map(([query]) => query);
    const hopeless = left.every(({ expr }) => isAllowed(expr)) || Date.now() > deadline;
    if (hopeless) {
      const allowed = left.filter(({ expr }) => isAllowed(expr)).map(({ where }) => where);
      return { queries: queries.length, allowed, empty };
    }
    await delay(POLL_MS);
  }
}

/** Metrics that dashboards, alerts or the catalogue name and Prometheus does not have. */
async function missingMetrics(prometheus: PrometheusClient): Promise<string[]> {
  const scraped = await prometheus.metricNames();
  const asked = liveQueries().flatMap(({ expr }) =>
    promqlParts(expr).selectors.map(({ metric }) => metric),
  );
  const catalogued = Object.entries(METRICS).map(([name, { type }]) =>
    type === 'histogram' ? `${name}_bucket` : name,
  );
  return [...new Set([...asked, ...catalogued])]
    .filter((name) => !scraped.has(name) && !isFaultsOwn(name) && !(name in NEEDS_CLUSTER))
    .map((name) => `${name} is in no scrape`);
}

/** Starts the stack, runs the demo load, runs all queries, and stops the stack. */
export async function liveProblems(tools: PrometheusTools): Promise<LiveReport> {
  const monitored = await startMonitoredStack(tools);
  try {
    const startSeconds = Date.now() / MS;
    // Causes a retry, so that the counters of retries have a value.
    monitored.stack.cloudflare.fail({ status: BAD_GATEWAY });
    await demoLoad(monitored.apiUrl, monitored.stack);
    const { empty, queries, allowed } = await ask(monitored.prometheus, startSeconds);
    const problems = empty.filter(([{ expr }]) => !isAllowed(expr)).map(([, problem]) => problem);
    return {
      queries,
      allowed,
      problems: [...problems, ...(await missingMetrics(monitored.prometheus))],
    };
  } finally {
    await monitored.stop();
  }
}
