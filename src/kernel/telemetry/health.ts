/** `/health` and `/ready` for API and worker; dependencies are checked at each request. */
import { createServer } from 'node:http';
import { listen } from '#kernel/http/server.ts';
import type { Metrics } from './metrics.ts';

/** Checks by dependency: each resolves when the dependency is usable now. */
export type Checks = Record<string, () => Promise<unknown>>;

export interface Readiness {
  ready: boolean;
  checks: Record<string, 'ok' | 'failed' | 'timeout'>;
}

const CHECK_TIMEOUT_MS = 2_000;

async function outcomeOf(check: () => Promise<unknown>): Promise<Readiness['checks'][string]> {
  const { promise: timeout, resolve } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(() => resolve('timeout'), CHECK_TIMEOUT_MS);
  const outcome = check().then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  try {
    return await Promise.race([outcome, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Checks all dependencies at once, and waits at most two seconds for each. */
export async function readinessOf(checks: Checks): Promise<Readiness> {
  const entries = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
  );
  return {
    ready: entries.every(([, outcome]) => outcome === 'ok'),
    checks: Object.fromEntries(entries),
  };
}

/**
 * A server with only probes and metrics, for processes without another HTTP server. `/health`
 * succeeds while the process responds, `/ready` when all dependencies do.
 */
export function createHealthServer(checks: Checks, metrics: Metrics) {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.url === '/health') return answer(200, { status: 'ok' });
    if (request.url === '/metrics') {
      const { contentType, body } = await metrics.expose(
        request.headers.accept,
        String(request.headers['x-prometheus-scrape-timeout-seconds']),
      );
      response.writeHead(200, { 'content-type': contentType });
      return response.end(body);
    }
    if (request.url !== '/ready') return answer(404, { status: 'not found' });
    const readiness = await readinessOf(checks);
    return answer(readiness.ready ? 200 : 503, readiness);
  });
  return {
    /** @returns the port, which is needed when 0 was requested. */
    listen: (port: number): Promise<number> => listen(server, port, 'HEALTH_CHECK_PORT'),
    close(): Promise<void> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
