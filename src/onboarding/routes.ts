/** The routes on bootstraps, and on the runs of every family that has a status. */
import type { ApiConfig } from '#config.ts';
import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { onboardingPaths } from './openApi.ts';
import { requestRoutes } from './requestRoutes.ts';
import { onboardingRouteDeps } from './routeDeps.ts';
import { runRoutes } from './runRoutes.ts';

export function createRoutes(kernel: ApiKernel<ApiConfig>): FamilyRoutes {
  const deps = onboardingRouteDeps(kernel);
  return { authenticated: [requestRoutes(deps), runRoutes(deps)], paths: onboardingPaths() };
}
