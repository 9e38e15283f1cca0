/** POST accepts a bootstrap: stores the event first, then starts the run. */

import { createHash, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { heldByFounder, requireGrantable } from '#invitation/routes/roles.ts';
import type { Caller } from '#kernel/http/auth.ts';
import { PLATFORM } from '#kernel/http/permissions.ts';
import {
  type FieldError,
  invalidRequest,
  methodNotAllowed,
  Problem,
} from '#kernel/http/problems.ts';
import { originOf } from '#kernel/http/requestOrigin.ts';
import { guarded, open, type Route, type SubjectOf } from '#kernel/http/route.ts';
import { parseWith } from '#kernel/http/validation.ts';
import { currentCorrelationId } from '#kernel/telemetry/correlation.ts';
import { foundOrganization, onlyActive, visibleOrganization } from '#organization/access.ts';
import { type OrganizationKind, tagsOf } from '#organization/contract.ts';
import type { Organization } from '#organization/store.ts';
import type { BootstrapTiming } from '../contract/timing.ts';
import { BOOTSTRAP_ROUTES, bootstrapWorkflowId } from '../contract.ts';
import { startBootstrapRun } from '../runs.ts';
import { bootstrapBody, idempotencyKey } from '../schemas.ts';
import type { OnboardingApiConfig } from '../settings.ts';
import type { BootstrapRequest, InitiatedBootstrap, RecordedRequest } from '../store.ts';
import type { OnboardingRouteDeps } from './routeDeps.ts';

type BootstrapBody = z.infer<typeof bootstrapBody>;

const timingFrom = (config: OnboardingApiConfig): BootstrapTiming => ({
  propagationWaitMs: config.DNS_PROPAGATION_WAIT_MS,
  verificationLimitMs: config.DNS_VERIFICATION_LIMIT_MS,
  verificationBackoffMs: config.DNS_VERIFICATION_BACKOFF_MS,
  personWaitMs: config.DNS_PERSON_WAIT_MS,
  retryInitialMs: config.ACTIVITY_RETRY_INITIAL_MS,
  heartbeatTimeoutMs: config.ACTIVITY_HEARTBEAT_TIMEOUT_MS,
  compensationLimitMs: config.COMPENSATION_LIMIT_MS,
});

/** The request as it is stored; all ids of the run are created here, once. */
function requestFrom(
  body: BootstrapBody,
  key: string | undefined,
  caller: Caller,
  kind: OrganizationKind,
  config: OnboardingApiConfig,
): BootstrapRequest {
  const organizationId = randomUUID();
  return {
    caller: caller.userId,
    ...(key && { key }),
    requestHash: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
    organizationId,
    workflowId: bootstrapWorkflowId(organizationId),
    correlationId: currentCorrelationId()!,
    kind,
    params: {
      ...(body as BootstrapRequest['params']),
      organizationId,
      origin: originOf(config, caller, tagsOf(kind)),
      timing: timingFrom(config),
      invitations: {
        taskQueue: config.TEMPORAL_USERS_TASK_QUEUE,
        timing: {
          ttlMs: config.INVITATION_TTL_MS,
          reminderAfterMs: config.INVITATION_REMINDER_MS,
          maxReminders: config.INVITATION_MAX_REMINDERS,
        },
      },
    },
  };
}

/** The parent of a new organization, or the platform above a new root. */
type Parent = Organization | undefined;

const REFERENCES = ['parentOrgId', 'referringPartnerId'] as const;

/** @throws Problem 422 for a reference to an organization that the caller may not see. */
async function requireReferences(
  { organizations }: OnboardingRouteDeps,
  caller: Caller,
  { orgData }: BootstrapBody,
): Promise<void> {
  const errors: FieldError[] = [];
  for (const field of REFERENCES) {
    const orgId = orgData[field];
    const found = orgId && (await visibleOrganization(organizations, caller, orgId));
    // The permission and the state of the parent are checked by the declaration of the route.
    const suits = found && (field === 'parentOrgId' || found.status === 'active');
    if (!orgId || suits) continue;
    errors.push({ path: `orgData.${field}`, message: 'names no active organization' });
  }
  if (errors.length === 0) return;
  const title = 'The request names an organization that is not there';
  throw new Problem(422, 'unknown-reference', title, { errors });
}

const parentInBody = (deps: OnboardingRouteDeps): SubjectOf<Parent, BootstrapBody> => ({
  name: 'parent',
  inBody: true,
  async find(caller, _params, body) {
    await requireReferences(deps, caller, body);
    const { parentOrgId } = body.orgData;
    if (!parentOrgId) return { subject: undefined, path: PLATFORM, state: 'active' };
    return foundOrganization(deps.organizations, caller, parentOrgId);
  },
});

type Accepted = Extract<RecordedRequest, { workflowId: string }>;

/** @throws Problem 409 or 422 when the request was refused. */
function accepted(recorded: RecordedRequest): Accepted {
  if (recorded.outcome === 'slug_taken') {
    throw new Problem(409, 'slug-taken', 'Another organization has this subdomain or name', {
      detail: 'Choose another subdomain, or another name where there is no subdomain.',
    });
  }
  if (recorded.outcome === 'subdomain_held') {
    throw new Problem(409, 'subdomain-held', 'This subdomain is not free yet', {
      detail:
        'A bootstrap that ended before has left its DNS record. It is free once that is removed.',
    });
  }
  if (recorded.outcome === 'parent_not_active') {
    throw new Problem(409, 'not-active', 'Only an active organization can have others below it');
  }
  if (recorded.outcome === 'key_reused') {
    throw new Problem(
      422,
      'idempotency-key-reused',
      'This Idempotency-Key came with another request',
    );
  }
  return recorded;
}

/** A retried request gets the first response. Its run is started only if it is still pending. */
async function isToBeStarted({ organizations }: OnboardingRouteDeps, recorded: Accepted) {
  if (recorded.outcome !== 'replayed') return true;
  return (await organizations.find(recorded.organizationId))?.status === 'pending';
}

/** The input of the run: from this request, or from the earlier request with the same key. */
async function initiatedBy(
  { requests }: OnboardingRouteDeps,
  request: BootstrapRequest,
  recorded: Accepted,
): Promise<InitiatedBootstrap> {
  if (recorded.outcome === 'replayed') return (await requests.initiated(recorded.workflowId))!;
  const { params, correlationId, caller } = request;
  return { params, correlationId, requestedBy: caller };
}

/** Idempotent: a retry starts the run if the first request could not. */
async function start(deps: OnboardingRouteDeps, request: BootstrapRequest, recorded: Accepted) {
  const { temporal, config, logger } = deps;
  const { workflowId } = recorded;
  try {
    const initiated = await initiatedBy(deps, request, recorded);
    await startBootstrapRun(temporal, config.TEMPORAL_TASK_QUEUE, initiated);
  } catch (error) {
    logger.error({ workflow_id: workflowId, error: (error as Error).name }, 'run not started');
    throw new Problem(503, 'start-delayed', 'The request is kept, and will be started', {
      detail: `Its run could not be started now. ${workflowId} starts as soon as it can; repeating the request with the same Idempotency-Key is safe.`,
      headers: { 'retry-after': '30' },
    });
  }
}

/** @throws Problem 503 while ENABLE_ORG_BOOTSTRAP is false. */
function requireEnabled({ config }: OnboardingRouteDeps): void {
  if (config.ENABLE_ORG_BOOTSTRAP) return;
  throw new Problem(503, 'bootstrap-disabled', 'New bootstraps are switched off', {
    detail: 'ENABLE_ORG_BOOTSTRAP is false. Runs that are under way go on.',
  });
}

/**
 * Names that begin with the prefix of canaries are theirs alone: what such a name does in DNS is seen
 * to be no customer's.
 * @throws Problem 400 for a name of the other kind.
 */
function requireNameOf(
  kind: OrganizationKind,
  { subdomain }: BootstrapBody,
  { CANARY_SUBDOMAIN }: OnboardingApiConfig,
): void {
  const prefix = `${CANARY_SUBDOMAIN}-`;
  const isCanarys = subdomain?.startsWith(prefix) ?? false;
  if (isCanarys === (kind === 'canary')) return;
  const message = isCanarys ? 'is reserved' : `must begin with ${prefix}`;
  throw invalidRequest([{ path: 'subdomain', message }]);
}

/** Records the request and starts its run. @returns the answer. */
async function bootstrap(
  deps: OnboardingRouteDeps,
  caller: Caller,
  body: BootstrapBody,
  { key, kind }: { key: string | undefined; kind: OrganizationKind },
) {
  const request = requestFrom(body, key, caller, kind, deps.config);
  const recorded = accepted(await deps.requests.record(request));
  if (await isToBeStarted(deps, recorded)) await start(deps, request, recorded);
  const { workflowId, organizationId, correlationId } = recorded;
  return { workflowId, organizationId, correlationId, status: 'started' };
}

export const requestRoutes = (deps: OnboardingRouteDeps): Route[] =>
  BOOTSTRAP_ROUTES.flatMap(({ path, permission, kind }) => [
    // Without this route, GET would search for a run with this name.
    open({
      method: 'GET',
      path,
      access: { open: 'it only says that the path has no such method' },
      handle() {
        throw methodNotAllowed({ allow: 'POST' });
      },
    }),
    guarded({
      method: 'POST',
      path,
      access: {
        needs: [permission],
        over: parentInBody(deps),
        states: onlyActive('have organizations below it'),
      },
      body: bootstrapBody,
      async handle({ ctx, caller, body }) {
        requireEnabled(deps);
        const { GRANTABLE_ROLES } = deps.config;
        requireNameOf(kind, body, deps.config);
        requireGrantable(GRANTABLE_ROLES, heldByFounder(caller), 'users', body.users);
        // An empty key is an error: ignoring it would remove the protection of a key.
        const keyHeader = ctx.headers['idempotency-key'];
        const key = parseWith(idempotencyKey.optional(), keyHeader, 'Idempotency-Key');
        ctx.status = 202;
        ctx.body = await bootstrap(deps, caller, body, { key, kind });
      },
    }),
  ]);
