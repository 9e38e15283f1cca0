/**
 * The metrics of one process: created from the catalogue, changed by name, exposed to Prometheus.
 */
import { trace } from '@opentelemetry/api';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type Metric,
  Registry,
  type RegistryContentType,
} from 'prom-client';
import {
  createDatabaseHistogram,
  type DatabaseHistogram,
  type HistogramRow,
} from './databaseHistogram.ts';
import type { KernelMetricName } from './kernelMetrics.ts';
import type { MetricDefinition } from './metricDefinition.ts';
import { isExported } from './tracing/exportedTraces.ts';

type Labels = Record<string, string>;

export interface TotalRow {
  labels: Labels;
  value: number;
}

/** Changes metrics by name. */
export interface Metrics<Name extends string = KernelMetricName> {
  /** Adds to a counter, with the current trace as exemplar if it is exported. */
  inc(name: Name, labels?: Labels, value?: number): void;
  /** Creates a histogram's series with the value zero. */
  zero(name: Name, labels: Labels): void;
  /** Records one value of a histogram, with the current trace as exemplar if it is exported. */
  observe(name: Name, labels: Labels, value: number): void;
  set(name: Name, labels: Labels, value: number): void;
  /** Adds to a gauge; a negative value subtracts. */
  add(name: Name, value: number): void;
  /** Replaces all values of a counter or gauge by totals from another source. */
  setTotals(name: Name, rows: TotalRow[]): void;
  /** Replaces all values of a histogram by totals from another source. */
  setHistogram(name: Name, rows: HistogramRow[]): void;
  /** Registers a function to call before each scrape. If it throws, the scrape still succeeds. */
  onScrape(collect: () => Promise<void> | void): void;
  /** Registers text to append to the output: the metrics of Temporal's core. */
  appendFrom(source: (openMetrics: boolean) => Promise<string>): void;
  /**
   * @param accept the request's Accept header: selects OpenMetrics with exemplars, or Prometheus
   *   text.
   * @param timeoutSeconds the scraper's time limit, from its header
   *   X-Prometheus-Scrape-Timeout-Seconds. Collectors get most of this time; values that are not
   *   collected in time stay as they were. A hanging database therefore does not make the scrape
   *   fail.
   */
  expose(
    accept: string | undefined,
    timeoutSeconds?: string,
  ): Promise<{ contentType: string; body: string }>;
}

const OPEN_METRICS = Registry.OPENMETRICS_CONTENT_TYPE as RegistryContentType;
const PROMETHEUS = Registry.PROMETHEUS_CONTENT_TYPE as RegistryContentType;
const EOF_LINE = '# EOF\n';
const DEFAULT_TIMEOUT_SECONDS = 10;
/** The share of the time limit for collectors; the rest is for rendering and transfer. */
const SHARE_FOR_COLLECTING = 0.7;

function create(
  name: string,
  definition: MetricDefinition,
  registry: Registry,
): Metric | DatabaseHistogram {
  const { help, labels, buckets } = definition;
  const common = { name, help, labelNames: [...labels], registers: [registry] };
  if (definition.type === 'histogram' && definition.fromDatabase) {
    return createDatabaseHistogram(name, help, registry);
  }
  if (definition.type === 'gauge') return new Gauge(common);
  if (definition.type === 'counter') return new Counter({ ...common, enableExemplars: true });
  return new Histogram({ ...common, buckets: [...(buckets ?? [])], enableExemplars: true });
}

/** The exemplar that links a value to the current trace, when that is exported. */
function exemplar(): { exemplarLabels?: Labels } {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isExported(span.traceId) ? { exemplarLabels: { trace_id: span.traceId } } : {};
}

/** Created for OpenMetrics, because other registries do not accept exemplars. */
const createRegistry = () =>
  new (Registry as new (type: RegistryContentType) => Registry<RegistryContentType>)(OPEN_METRICS);

/**
 * @param role the process; it gets the metrics that the catalogue assigns to it.
 * @param catalogue definitions by name; src/metricCatalogue.ts.
 */
export function createMetrics<Name extends string>(
  role: 'api' | 'worker',
  catalogue: Readonly<Record<Name, MetricDefinition>>,
): Metrics<Name | KernelMetricName> {
  const registry = createRegistry();
  const metrics = new Map<string, Metric | DatabaseHistogram>();
  for (const [name, definition] of Object.entries<MetricDefinition>(catalogue)) {
    const isOurs = definition.from === 'both' || definition.from === role;
    if (isOurs) metrics.set(name, create(name, definition, registry as unknown as Registry));
  }
  collectDefaultMetrics({ register: registry as unknown as Registry });
  const names = new Map(registry.getMetricsAsArray().map((metric) => [metric, metric.name]));
  type Collect = () => Promise<void> | void;
  const collectors: Collect[] = [];
  const underWay = new Map<Collect, Promise<void>>();
  const appended: ((openMetrics: boolean) => Promise<string>)[] = [];
  const get = <T>(name: string): T => {
    const metric = metrics.get(name);
    if (!metric) throw new Error(`the ${role} has no metric ${name}`);
    return metric as T;
  };

  /** Starts a collector, unless the call from an earlier scrape is still running. */
  function started(collect: Collect): Promise<void> {
    const running =
      underWay.get(collect) ??
      (async () => collect())()
        .catch(() => {})
        .finally(() => underWay.delete(collect));
    underWay.set(collect, running);
    return running;
  }

  async function collectAll(limitMs: number): Promise<void> {
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([Promise.all(collectors.map(started)), limit]);
    clearTimeout(timer);
  }

  /**
   * For OpenMetrics prom-client renames counters and does not restore their names. Therefore each
   * scrape sets the names again, and only one scrape is rendered at a time.
   */
  async function render(contentType: RegistryContentType): Promise<string> {
    registry.setContentType(contentType);
    for (const [metric, name] of names) metric.name = name;
    const own = await registry.metrics();
    const others = await Promise.all(
      appended.map((source) => source(contentType === OPEN_METRICS).catch(() => '')),
    );
    const body = [own.replace(EOF_LINE, ''), ...others].join('');
    return contentType === OPEN_METRICS ? `${body}${EOF_LINE}` : body;
  }

  let previous: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = previous.then(work, work);
    previous = turn.catch(() => {});
    return turn;
  };

  return {
    inc: (name, labels = {}, value = 1) =>
      get<Counter>(name).inc({ labels, value, ...exemplar() } as never),
    zero: (name, labels) => get<Histogram>(name).zero(labels),
    observe: (name, labels, value) =>
      get<Histogram>(name).observe({ labels, value, ...exemplar() } as never),
    set: (name, labels, value) => get<Gauge>(name).set(labels, value),
    add: (name, value) => get<Gauge>(name).inc(value),
    setTotals(name, rows) {
      const metric = get<Counter | Gauge>(name);
      metric.reset();
      for (const { labels, value } of rows) {
        if (metric instanceof Gauge) metric.set(labels, value);
        else metric.inc({ labels, value } as never);
      }
    },
    setHistogram: (name, rows) => get<DatabaseHistogram>(name).replace(rows),
    onScrape: (collect) => void collectors.push(collect),
    appendFrom: (source) => void appended.push(source),
    expose(accept, timeoutSeconds) {
      const seconds = Number(timeoutSeconds) || DEFAULT_TIMEOUT_SECONDS;
      const contentType = accept?.includes('application/openmetrics-text')
        ? OPEN_METRICS
        : PROMETHEUS;
      return inTurn(async () => {
        const startedAt = performance.now();
        await collectAll(seconds * 1000 * SHARE_FOR_COLLECTING);
        const body = await render(contentType);
        get<Gauge>('metrics_scrape_duration_seconds').set((performance.now() - startedAt) / 1000);
        return { contentType, body };
      });
    },
  };
}
