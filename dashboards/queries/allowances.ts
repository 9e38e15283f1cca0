/** The exceptions of `npm run check -- dashboards live`, each with its reason. */
import type { MetricName } from '#metricCatalogue.ts';

/** Metrics of the catalogue that no dashboard shows. */
export const NOT_SHOWN: Partial<Record<MetricName, string>> = {};

/**
 * Series, by name or selector, that only a fault produces. They are absent in a healthy system, and
 * a query that reads nothing else may return no data.
 */
export const ONLY_AFTER_FAULTS: Record<string, string> = {
  a4c_postgres_replication_slot_retained_bytes: 'There is no slot where nothing is replicated.',
  temporal_workflow_task_execution_failed_total:
    'The SDK makes the series with the first failed workflow task.',
  temporal_request_failure_total: 'The SDK makes the series with the first failed call.',
  temporal_long_request_failure_total: 'The SDK makes the series with the first failed long poll.',
  temporal_sticky_cache_miss_total:
    'The SDK makes the series when a run is not cached any more: after a restart or an eviction.',
  temporal_sticky_cache_total_forced_eviction_total:
    'The SDK makes the series when the cache is full for the first time.',
  'ALERTS{alertstate="firing",alertname!="Watchdog",environment=~"$environment"}':
    'Nothing fires where all is well.',
};

const OF_CLUSTER = 'Only the kubelet and kube-state-metrics of a cluster have it.';

const OF_SERVER = 'The Temporal server has it, where its own metrics are scraped.';

const NO_CANARY = 'The canary is off in the embedded stack.';

const OBJECTIVE_OF_CANARY = Object.fromEntries(
  ['5m', '30m', '1h', '2h', '6h', '1d', '3d', '30d'].map((range) => [
    `slo:error_ratio:rate${range}{environment="production",slo="canary-success"}`,
    NO_CANARY,
  ]),
);

/** Series that the embedded stack cannot have: what is joined with them returns no data there. */
export const NEEDS_CLUSTER: Record<string, string> = {
  canary_duration_seconds_bucket: NO_CANARY,
  ...OBJECTIVE_OF_CANARY,
  worker_version_runs: 'The workers of the embedded stack have no versions.',
  temporal_workflow_task_queue_poll_empty_total:
    'The SDK makes the series with the first poll that brings nothing, after a minute.',
  poll_success: OF_SERVER,
  poll_success_sync: OF_SERVER,
  container_memory_working_set_bytes: OF_CLUSTER,
  container_cpu_usage_seconds_total: OF_CLUSTER,
  container_cpu_cfs_throttled_periods_total: OF_CLUSTER,
  container_cpu_cfs_periods_total: OF_CLUSTER,
  kube_pod_container_resource_limits: OF_CLUSTER,
  kube_pod_container_status_last_terminated_reason: OF_CLUSTER,
};
