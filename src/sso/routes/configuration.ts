/** Routes on an organization's single sign-on: configuring it, its status, and deactivating it. */

import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { z } from 'zod';
import { CONFIGURE_SSO } from '#domainClaim/contract.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { notNow, Problem } from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, type Route } from '#kernel/http/route.ts';
import { startedRun } from '#kernel/http/startedRun.ts';
import { asciiDomain } from '#kernel/input/domain.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { cancelRun } from '#kernel/temporal/runs.ts';
import { onlyActive, organizationInPath } from '#organization/access.ts';
import { type SsoConfigurationParams, ssoConfigurationWorkflowId } from '../contract.ts';
import { startSsoConfiguration, startSsoDeactivation } from '../runs.ts';
import { type SsoConfigurationBody, ssoBody, ssoDeactivationBody } from '../schemas.ts';
import type { SsoConfiguration } from '../store.ts';
import type { SsoRouteDeps } from './routeDeps.ts';

const PATH = '/api/v1/organizations/:organizationId/sso';

const configuredAlready = (): Problem =>
  new Problem(409, 'sso-under-way', 'Single sign-on is being configured already', {
    detail: 'DELETE it to cancel the run that is under way.',
  });

const deactivatedAlready = (): Problem =>
  new Problem(409, 'deactivation-started', 'The deactivation has been started already');

const timingOf = ({ config }: SsoRouteDeps) => ({
  testWaitMs: config.SSO_TEST_WAIT_MS,
  retryInitialMs: config.ACTIVITY_RETRY_INITIAL_MS,
  heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
  compensationLimitMs: config.COMPENSATION_LIMIT_MS,
});

/** The activation checks the domains again, because one may be lost until then. */
async function requireVerified(
  { domainClaims }: SsoRouteDeps,
  orgId: string,
  wanted: string[] | undefined,
): Promise<void> {
  const verified = await domainClaims.verifiedDomains(orgId);
  const domains = wanted ?? verified;
  if (domains.length > 0 && domains.every((domain) => verified.includes(domain))) return;
  throw new Problem(422, 'domain-not-verified', 'Single sign-on needs verified domains', {
    detail: wanted
      ? 'The request names a domain that the organization has not proved.'
      : 'The organization has proved no domain yet: claim one with POST …/domains.',
  });
}

function paramsOf(
  deps: SsoRouteDeps,
  caller: Caller,
  orgId: string,
  body: z.infer<typeof ssoBody>,
): SsoConfigurationParams {
  const domains = body.domains && [
    ...new Set(body.domains.map((domain) => asciiDomain(domain) ?? domain)),
  ];
  return {
    organizationId: orgId,
    configurationId: randomUUID(),
    metadata: 'metadataXml' in body ? { xml: body.metadataXml } : { url: body.metadataUrl },
    ...(domains && { domains }),
    ...(caller.email && { requesterEmail: caller.email }),
    origin: originOf(deps.config, caller),
    timing: timingOf(deps),
  };
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** A configuration without the certificates' bytes and the hash of the test's token. */
function view(configuration: SsoConfiguration | undefined): SsoConfigurationBody | null {
  if (!configuration) return null;
  const { configurationId, status, entityId, ssoUrl, providerId, domains } = configuration;
  const { warnings, failureStage, failureType, error, correlationId } = configuration;
  return {
    configurationId,
    status,
    entityId,
    ssoUrl,
    certificates: configuration.certificates.map(({ fingerprint, notBefore, notAfter }) => ({
      fingerprint,
      notBefore,
      notAfter,
    })),
    providerId,
    domains,
    warnings,
    testExpiresAt: iso(configuration.testExpiresAt),
    failureStage,
    failureType,
    error,
    correlationId,
    createdAt: configuration.createdAt.toISOString(),
    activatedAt: iso(configuration.activatedAt),
    endedAt: iso(configuration.endedAt),
  };
}

async function configure(deps: SsoRouteDeps, params: SsoConfigurationParams) {
  const { temporal, config } = deps;
  const started = startSsoConfiguration(temporal, config.TEMPORAL_USERS_TASK_QUEUE, params);
  const workflowId = await startedRun(started, configuredAlready);
  return { workflowId, configurationId: params.configurationId, status: 'started' as const };
}

/** Cancels a run in progress, which then restores the previous provider. */
async function cancel({ temporal }: SsoRouteDeps, orgId: string) {
  const workflowId = ssoConfigurationWorkflowId(orgId);
  await cancelRun(temporal, workflowId).catch((error) => {
    // It has ended a moment ago: then there is nothing to cancel.
    if (!(error instanceof WorkflowNotFoundError)) throw notNow('It could not be started now');
  });
  return { workflowId, status: 'cancelling' as const };
}

async function deactivate(deps: SsoRouteDeps, caller: Caller, orgId: string, reason: string) {
  const { temporal, config } = deps;
  const params = {
    organizationId: orgId,
    reason,
    ...(caller.email && { requesterEmail: caller.email }),
    origin: originOf(deps.config, caller),
    timing: timingOf(deps),
  };
  const started = startSsoDeactivation(temporal, config.TEMPORAL_USERS_TASK_QUEUE, params);
  const workflowId = await startedRun(started, deactivatedAlready);
  return { workflowId, status: 'started' as const };
}

/** Switches it off; a configuration that is under way is cancelled instead. @throws Problem */
async function end(deps: SsoRouteDeps, caller: Caller, orgId: string, reason: string) {
  const { ssoConfigurations } = deps;
  if (await ssoConfigurations.underWay(orgId)) return cancel(deps, orgId);
  if (await ssoConfigurations.active(orgId)) return deactivate(deps, caller, orgId, reason);
  throw new Problem(409, 'sso-not-configured', 'There is no single sign-on to switch off');
}

export function configurationRoutes(deps: SsoRouteDeps): Route[] {
  const { ssoConfigurations } = deps;
  const needs = [CONFIGURE_SSO] as const;
  const over = organizationInPath(deps.organizations);
  return [
    guarded({
      method: 'POST',
      path: PATH,
      access: { needs, over, states: onlyActive('have single sign-on') },
      body: ssoBody,
      async handle({ ctx, caller, subject: { orgId }, body }) {
        const params = paramsOf(deps, caller, orgId, body);
        await requireVerified(deps, orgId, params.domains);
        const started = await configure(deps, params);
        ctx.status = 202;
        ctx.body = { organizationId: orgId, correlationId: currentCorrelationId(), ...started };
      },
    }),
    guarded({
      method: 'GET',
      path: PATH,
      access: { needs, over, states: 'any' },
      async handle({ ctx, subject: { orgId } }) {
        const [active, latest] = await Promise.all([
          ssoConfigurations.active(orgId),
          ssoConfigurations.latest(orgId),
        ]);
        ctx.body = { active: view(active), latest: view(latest) };
      },
    }),
    guarded({
      method: 'DELETE',
      path: PATH,
      access: { needs, over, states: 'any' },
      body: ssoDeactivationBody.prefault({}),
      async handle({ ctx, caller, subject: { orgId }, body }) {
        const ended = await end(deps, caller, orgId, body.reason);
        ctx.status = 202;
        ctx.body = { organizationId: orgId, correlationId: currentCorrelationId(), ...ended };
      },
    }),
  ];
}
