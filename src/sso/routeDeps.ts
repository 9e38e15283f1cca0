/** What the routes on single sign-on act on. */
import type { ApiConfig } from '#config.ts';
import { createDomainClaims, type DomainClaims } from '#domainClaim/store.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createReadModels, type ReadModels } from '#organization/store.ts';
import { createSsoConfigurations, type SsoConfigurations } from './store.ts';

export interface SsoRouteDeps extends ApiKernel<ApiConfig> {
  readModels: ReadModels;
  ssoConfigurations: SsoConfigurations;
  domainClaims: DomainClaims;
}

export const ssoRouteDeps = (kernel: ApiKernel<ApiConfig>): SsoRouteDeps => ({
  ...kernel,
  readModels: createReadModels(kernel.pool),
  ssoConfigurations: createSsoConfigurations(kernel.pool),
  domainClaims: createDomainClaims(kernel.pool),
});
