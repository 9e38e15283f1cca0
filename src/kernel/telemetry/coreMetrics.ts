/** The metrics of the Temporal SDK's core, as part of the worker's own exposition. */

const COUNTER_TYPE = /^# TYPE (\w+) counter$/gm;
const SUFFIX = '_total';

/**
 * Gives the core's counters the suffix that Prometheus expects: its own option for that,
 * `countersTotalSuffix`, has no effect in SDK 1.23.
 * @param openMetrics in which the suffix belongs to the samples, and not to the family.
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

/** @param address `host:port` that the core serves on. */
export const coreMetrics =
  (address: string) =>
  async (openMetrics: boolean): Promise<string> => {
    const response = await fetch(`http://${address}/metrics`);
    return withTotalSuffix(await response.text(), openMetrics);
  };
