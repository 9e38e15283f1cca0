/** The routes on single sign-on. */

import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { ssoPaths } from './openApi.ts';
import { configurationRoutes } from './routes/configuration.ts';
import { ssoRouteDeps } from './routes/routeDeps.ts';
import { testRoutes } from './routes/test.ts';
import type { SsoApiConfig } from './settings.ts';

export function createRoutes(kernel: ApiKernel<SsoApiConfig>): FamilyRoutes {
  const deps = ssoRouteDeps(kernel);
  return {
    routes: [...configurationRoutes(deps), ...testRoutes(deps)],
    paths: ssoPaths(),
  };
}
