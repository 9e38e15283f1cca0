/** Metrics of API and workers from /metrics, before and after. */
import type { Target } from './target/target.ts';

export interface ProcessReading {
  process: string;
  residentBytes: number;
  heapUsedBytes: number;
}

/** Value of a series, by the exact text before the value; undefined when it is missing. */
function seriesValue(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1).split(' ')[0]);
}

const textOf = (url: string): Promise<string> =>
  fetch(url).then(
    async (answer) => (answer.ok ? answer.text() : ''),
    () => '',
  );

/** Readings of each process that shows its metrics. */
export async function readProcesses(target: Target): Promise<ProcessReading[]> {
  const readings = await Promise.all(
    target.metricsUrls().map(async ({ process, url }) => {
      const text = await textOf(url);
      const residentBytes = seriesValue(text, 'process_resident_memory_bytes');
      const heapUsedBytes = seriesValue(text, 'nodejs_heap_size_used_bytes');
      if (residentBytes === undefined || heapUsedBytes === undefined) return [];
      return [{ process, residentBytes, heapUsedBytes }];
    }),
  );
  return readings.flat();
}

const BACKLOG = 'temporal_backlog_count{task_queue="bootstrap",task_type="workflow"}';

/** Bootstrap tasks that wait for a worker, as estimated by the Temporal server. */
export const readBacklog = async ({ url }: Target): Promise<number | undefined> =>
  seriesValue(await textOf(`${url}/metrics`), BACKLOG);
