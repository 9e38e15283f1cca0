/** Metrics of the process, in addition to those of Node from prom-client. */
import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import type { Pool } from 'pg';
import { standardOutput } from './logging/logOutput.ts';
import type { Metrics } from './metrics.ts';

interface ProcessConfig {
  DATABASE_POOL_SIZE: number;
  BUILD_REVISION: string;
  /** The time of the last rotation of each secret, by name. */
  SECRETS_ROTATED_AT: Record<string, Date>;
}

const PACKAGE = new URL('../../../package.json', import.meta.url);

export function collectProcessMetrics(metrics: Metrics, config: ProcessConfig, pool: Pool): void {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const labels = { version, revision: config.BUILD_REVISION, node_version: process.version };
  metrics.set('a4c_build_info', labels, 1);
  metrics.set('nodejs_heap_size_limit_bytes', {}, getHeapStatistics().heap_size_limit);
  metrics.set('pg_pool_size', {}, config.DATABASE_POOL_SIZE);
  metrics.onScrape(() => {
    metrics.setTotals('log_lines_dropped_total', [{ labels: {}, value: standardOutput.dropped() }]);
    metrics.set('pg_pool_connections', { state: 'idle' }, pool.idleCount);
    metrics.set('pg_pool_connections', { state: 'used' }, pool.totalCount - pool.idleCount);
    metrics.set('pg_pool_waiting', {}, pool.waitingCount);
    for (const [secret, rotatedAt] of Object.entries(config.SECRETS_ROTATED_AT)) {
      metrics.set('secret_age_seconds', { secret }, (Date.now() - rotatedAt.getTime()) / 1000);
    }
  });
}
