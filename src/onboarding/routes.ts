/** The routes on bootstraps, and on the runs of every family that has a status. */

import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { onboardingPaths } from './openApi.ts';
import { requestRoutes } from './routes/requests.ts';
import { onboardingRouteDeps } from './routes/routeDeps.ts';
import { runRoutes } from './routes/runs.ts';
import type { OnboardingApiConfig } from './settings.ts';

export function createRoutes(kernel: ApiKernel<OnboardingApiConfig>): FamilyRoutes {
  const deps = onboardingRouteDeps(kernel);
  return { routes: [...requestRoutes(deps), ...runRoutes(deps)], paths: onboardingPaths() };
}
