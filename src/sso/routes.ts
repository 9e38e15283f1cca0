/** The routes on single sign-on. */

import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import { configurationRoutes } from './configurationRoutes.ts';
import { ssoPaths } from './openApi.ts';
import { ssoRouteDeps } from './routeDeps.ts';
import type { SsoApiConfig } from './settings.ts';
import { testRoutes } from './testRoutes.ts';

export function createRoutes(kernel: ApiKernel<SsoApiConfig>): FamilyRoutes {
  const deps = ssoRouteDeps(kernel);
  return {
    authenticated: [configurationRoutes(deps)],
    forms: [testRoutes(deps)],
    paths: ssoPaths(),
  };
}
