/** The part of Prometheus' HTTP API that the checks use. */

export interface Series {
  metric: Record<string, string>;
  /** Result of an instant query. */
  value?: [number, string];
  /** Result of a range query. */
  values?: [number, string][];
}

export interface PrometheusClient {
  /** @throws Error with Prometheus' reason when it rejects the expression. */
  instant(expr: string): Promise<Series[]>;
  /** Range query from `startSeconds` (Unix time) until now. */
  range(expr: string, startSeconds: number, stepSeconds: number): Promise<Series[]>;
  metricNames(): Promise<Set<string>>;
}

interface Answer<T> {
  status: 'success' | 'error';
  error?: string;
  data: T;
}

const MS = 1000;

export function createPrometheusClient(url: string): PrometheusClient {
  async function get<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as Answer<T>;
    if (answer.status === 'error') throw new Error(answer.error);
    return answer.data;
  }
  return {
    async instant(expr) {
      const { resultType, result } = await get<{ resultType: string; result: Series[] }>('query', {
        query: expr,
      });
      // A scalar result is one value and not a list of series.
      return resultType === 'scalar' ? [{ metric: {} }] : result;
    },
    range: async (expr, startSeconds, stepSeconds) =>
      (
        await get<{ result: Series[] }>('query_range', {
          query: expr,
          start: String(startSeconds),
          end: String(Date.now() / MS),
          step: String(stepSeconds),
        })
      ).result,
    metricNames: async () => new Set(await get<string[]>('label/__name__/values')),
  };
}
