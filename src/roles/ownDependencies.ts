/** What API and worker both stand on, and ask about in the same way. */
import type { ApiConfig, WorkerConfig } from '#config.ts';
import { SEARCH_ATTRIBUTES } from '#families.ts';
import type { AskDependency, Dependencies } from '#kernel/outbound/dependencies.ts';

type OwnConfig = Pick<
  ApiConfig | WorkerConfig,
  'TEMPORAL_NAMESPACE' | 'DEPENDENCY_CHECK_INTERVAL_MS'
>;

/** What has to be there in Temporal. */
export const prerequisitesOf = ({ TEMPORAL_NAMESPACE }: OwnConfig) => ({
  namespace: TEMPORAL_NAMESPACE,
  searchAttributes: SEARCH_ATTRIBUTES,
});

/** What is asked for readiness is also asked in the background, for `dependency_up`. */
export function watchOwn(
  dependencies: Dependencies,
  { postgres, temporal }: { postgres: AskDependency; temporal: AskDependency },
  searchAttributes: AskDependency,
  { DEPENDENCY_CHECK_INTERVAL_MS: everyMs }: OwnConfig,
): void {
  dependencies.watch('database', { ask: postgres, everyMs });
  dependencies.watch('temporal', { ask: temporal, everyMs });
  dependencies.watch('search_attributes', { ask: searchAttributes, everyMs });
}
