/** The origin of a run that the API starts; in the metadata of each of its events. */
import type { KernelApiConfig } from '#kernel/settings/kernelSettings.ts';
import type { RequestOrigin } from '#kernel/workflow/names.ts';
import type { Caller } from './auth.ts';

/** @param tags besides the name of the installation. */
export const originOf = (
  config: Pick<KernelApiConfig, 'DEPLOYMENT_ENVIRONMENT'>,
  caller: Caller,
  tags: readonly string[] = [],
): RequestOrigin => ({
  requestedAt: new Date().toISOString(),
  requestedBy: caller.userId,
  source: 'api',
  tags: [config.DEPLOYMENT_ENVIRONMENT, ...tags],
});
