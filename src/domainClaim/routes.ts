/** Routes that claim a domain and show the TXT record that proves it. */

import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiKernel, FamilyRoutes } from '#kernel/http/apiKernel.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, type Route } from '#kernel/http/route.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import { asciiDomain } from '#kernel/input/domain.ts';
import { onlyActive, organizationInPath } from '#organization/access.ts';
import { createOrganizations, type Organizations } from '#organization/store.ts';
import { CONFIGURE_SSO, type DomainVerificationParams } from './contract.ts';
import { domainClaimPaths } from './openApi.ts';
import { challengeNameOf, challengeValueOf, type DomainRefusal, refusalOfDomain } from './rules.ts';
import { startDomainVerification } from './runs.ts';
import { type ClaimedDomainBody, domainBody } from './schemas.ts';
import type { DomainClaimApiConfig } from './settings.ts';
import { createDomainClaims, type DomainClaims, type OrganizationDomain } from './store.ts';

interface DomainClaimRouteDeps extends ApiKernel<DomainClaimApiConfig> {
  organizations: Organizations;
  domainClaims: DomainClaims;
}

const PATH = '/api/v1/organizations/:organizationId/domains';
const CHALLENGE_BYTES = 24;

const REFUSALS: Record<DomainRefusal, string> = {
  malformed: 'It is no domain name with at least two labels.',
  consumer: 'Anybody can have an address there.',
  platform: 'It belongs to this platform.',
};

/** @returns the domain as DNS encodes it. */
async function claimableDomain(
  { config, domainClaims }: DomainClaimRouteDeps,
  orgId: string,
  typed: string,
): Promise<string> {
  const domain = asciiDomain(typed);
  const refusal = refusalOfDomain(domain, config.PLATFORM_BASE_DOMAIN);
  if (!domain || refusal) {
    throw new Problem(422, 'domain-refused', 'This domain cannot be claimed', {
      detail: REFUSALS[refusal ?? 'malformed'],
    });
  }
  const owner = await domainClaims.ownerOfDomain(domain);
  if (owner === undefined || owner === orgId) return domain;
  throw new Problem(409, 'domain-taken', 'Another organization has proved this domain');
}

const view = (claim: OrganizationDomain): ClaimedDomainBody => ({
  claimId: claim.claimId,
  domain: claim.domain,
  status: claim.status,
  reason: claim.reason,
  challenge: {
    type: 'TXT',
    name: challengeNameOf(claim.domain),
    value: challengeValueOf(claim.challenge),
  },
  workflowId: claim.workflowId,
  claimedAt: claim.claimedAt.toISOString(),
  endedAt: claim.endedAt?.toISOString() ?? null,
});

const isUnderWay = (): Problem =>
  new Problem(409, 'claim-under-way', 'This domain is being claimed at this moment');

/** Starts the claim's run, whose first step records it. */
async function claim(
  deps: DomainClaimRouteDeps,
  caller: Caller,
  orgId: string,
  domain: string,
): Promise<OrganizationDomain> {
  const { temporal, config } = deps;
  const params: DomainVerificationParams = {
    organizationId: orgId,
    claimId: randomUUID(),
    domain,
    challenge: randomBytes(CHALLENGE_BYTES).toString('base64url'),
    origin: originOf(deps.config, caller),
    timing: {
      limitMs: config.DOMAIN_VERIFICATION_LIMIT_MS,
      backoffMs: config.DOMAIN_VERIFICATION_BACKOFF_MS,
      heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
    },
  };
  const started = startDomainVerification(temporal, config.TEMPORAL_USERS_TASK_QUEUE, params);
  const workflowId = await startedRun(started, isUnderWay);
  const { claimId, challenge } = params;
  const claimedAt = new Date(params.origin.requestedAt);
  const pending = { status: 'pending' as const, reason: null, endedAt: null };
  return { claimId, orgId, domain, challenge, workflowId, claimedAt, ...pending };
}

function claimRoutes(deps: DomainClaimRouteDeps): Route[] {
  const { domainClaims } = deps;
  const needs = [CONFIGURE_SSO] as const;
  const over = organizationInPath(deps.organizations);
  return [
    guarded({
      method: 'POST',
      path: PATH,
      access: { needs, over, states: onlyActive('claim domains') },
      body: domainBody,
      async handle({ ctx, caller, subject: { orgId }, body }) {
        const domain = await claimableDomain(deps, orgId, body.domain);
        const present = await domainClaims.claimOf(orgId, domain);
        ctx.status = present ? 200 : 202;
        ctx.body = view(present ?? (await claim(deps, caller, orgId, domain)));
      },
    }),
    guarded({
      method: 'GET',
      path: PATH,
      access: { needs, over, states: 'any' },
      async handle({ ctx, subject: { orgId } }) {
        ctx.body = { domains: (await domainClaims.domainsOf(orgId)).map(view) };
      },
    }),
  ];
}

export const createRoutes = (kernel: ApiKernel<DomainClaimApiConfig>): FamilyRoutes => ({
  routes: claimRoutes({
    ...kernel,
    organizations: createOrganizations(kernel.pool),
    domainClaims: createDomainClaims(kernel.pool),
  }),
  paths: domainClaimPaths(),
});
