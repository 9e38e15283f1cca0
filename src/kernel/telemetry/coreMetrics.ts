/** Adds the metrics of the Temporal SDK's core to the worker's metrics. */

const COUNTER_TYPE = /^# TYPE (\w+) counter$/gm;
const TIMEOUT_MS = 2_000;
const SUFFIX = '_total';

/**
 * Adds the suffix `_total`, which Prometheus expects, to the core's counters. The core's own option
 * for it, `countersTotalSuffix`, has no effect in SDK 1.23.
 * @param openMetrics in this format only the samples have the suffix, not the metric family.
 */
export function withTotalSuffix(text: string, openMetrics: boolean): string {
  const counters = [...text.matchAll(COUNTER_TYPE)].map(([, name = '']) => name);
  const bare = new Set(counters.filter((name) => !name.endsWith(SUFFIX)));
  return text
    .split('\n')
    .map((line) => {
      const [, comment = '', name = '', rest = ''] =
        /^(# (?:HELP|TYPE) )?(\w+)(.*)$/.exec(line) ?? [];
      if (!bare.has(name) || (comment && openMetrics)) return line;
      return `${comment}${name}${SUFFIX}${rest}`;
    })
    .join('\n');
}

/**
 * Gives the label `namespace` the name `temporal_namespace`. On Kubernetes Prometheus sets a label
 * `namespace` of its own, and would call ours `exported_namespace` there, but not elsewhere.
 */
export const withTemporalNamespace = (text: string): string =>
  text.replaceAll(/^(\w+\{(?:[^"]*"(?:[^"\\]|\\.)*",)*)namespace=/gm, '$1temporal_namespace=');

/** @param address `host:port` on which the core serves its metrics. */
export const coreMetrics =
  (address: string) =>
  async (openMetrics: boolean): Promise<string> => {
    const response = await fetch(`http://${address}/metrics`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return withTemporalNamespace(withTotalSuffix(await response.text(), openMetrics));
  };
