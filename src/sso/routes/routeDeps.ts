/** Dependencies of the routes on single sign-on. */

import { createDomainClaims, type DomainClaims } from '#domainClaim/store.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import { createOrganizations, type Organizations } from '#organization/store.ts';
import type { SsoApiConfig } from '../settings.ts';
import { createSsoConfigurations, type SsoConfigurations } from '../store.ts';

export interface SsoRouteDeps extends ApiKernel<SsoApiConfig> {
  organizations: Organizations;
  ssoConfigurations: SsoConfigurations;
  domainClaims: DomainClaims;
}

export const ssoRouteDeps = (kernel: ApiKernel<SsoApiConfig>): SsoRouteDeps => ({
  ...kernel,
  organizations: createOrganizations(kernel.pool),
  ssoConfigurations: createSsoConfigurations(kernel.pool),
  domainClaims: createDomainClaims(kernel.pool),
});
