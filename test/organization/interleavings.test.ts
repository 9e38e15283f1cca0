/**
 * Requests, cancellations, deletions, invitations, acceptances, claims, terminations and resets in
 * any order, several at the same moment. Afterwards, what is outside agrees with what the store says.
 * `PROPERTY_RUNS` sets the number of sequences, `PROPERTY_SEED` repeats a failure.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { userInvitationWorkflowId } from '#invitation/contract.ts';
import { bootstrapWorkflowId } from '#onboarding/contract.ts';
import { tokenIn } from '#support/runs/invitationRuns.ts';
import { reset, resetPoints } from '#support/runs/resets.ts';
import {
  ADMIN,
  type ApiResponse,
  BOOTSTRAP_PATH,
  bootstrapRequest,
  useApi,
} from '#support/stack/api.ts';
import { useOnboarding } from '#support/stack/onboarding.ts';
import { useWorker } from '#support/stack/worker.ts';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 5);
const SEED = process.env.PROPERTY_SEED;
/** No sequence begins later, so that the file ends in time on a slow machine. */
const TIME_LIMIT_MS = 60_000;
const QUIET_LIMIT_MS = 45_000;

const onboarding = useOnboarding();
const api = useApi(onboarding, {
  PUBLIC_RATE_LIMIT_PER_MINUTE: '100000',
  RECONCILE_INTERVAL_SECONDS: '0.5',
  RECONCILE_AFTER_SECONDS: '1',
  DOMAIN_VERIFICATION_BACKOFF_SECONDS: '0.1',
});
useWorker(onboarding);

/** What happens to one of the organizations of a sequence. */
const ACTIONS = [
  'request',
  'request child',
  'cancel',
  'delete',
  'delete all',
  'invite',
  'accept',
  'resend',
  'revoke',
  'claim',
  'terminate bootstrap',
  'terminate invitation',
  'terminate deletion',
  'reset bootstrap',
  'reset invitation',
  'wait',
] as const;

interface Command {
  action: (typeof ACTIONS)[number];
  /** The organization, by its place among those requested so far. */
  of: number;
  /** The next command follows at once. */
  atOnce: boolean;
}

const commands = fc.array(
  fc.record<Command>({
    // Without pauses, most would meet organizations that are not set up yet.
    action: fc.oneof(
      { weight: 4, arbitrary: fc.constant('wait' as const) },
      { weight: ACTIONS.length, arbitrary: fc.constantFrom(...ACTIONS) },
    ),
    of: fc.nat(3),
    atOnce: fc.boolean(),
  }),
  { minLength: 6, maxLength: 16 },
);

const call = (method: string, path: string, body?: object): Promise<ApiResponse> =>
  api.call(method, path, { as: ADMIN, ...(body && { body }) });
const handle = (workflowId: string) => onboarding.client.workflow.getHandle(workflowId);
/** Terminating or resetting what is not there is no fault of ours. */
const ifThere = (act: Promise<unknown>): Promise<unknown> => act.catch(() => undefined);

/** The organizations of one sequence, and what is done to them. */
class Sequence {
  readonly orgIds: string[] = [];

  async act({ action, of }: Command): Promise<void> {
    const orgId = this.orgIds[of % Math.max(1, this.orgIds.length)];
    if (action === 'request' || !orgId) return this.#request();
    if (action === 'request child') return this.#request(orgId);
    const path = `/api/v1/organizations/${orgId}`;
    const answer = await this.#answer(action, orgId, path);
    // Refusals are answers; a fault of the server is none.
    if (answer) expect([500, 502]).not.toContain(answer.status);
  }

  async #request(parentOrgId?: string): Promise<void> {
    const request = bootstrapRequest();
    const orgData = { ...request.orgData, ...(parentOrgId && { parentOrgId }) };
    const { status, body } = await call('POST', BOOTSTRAP_PATH, { ...request, orgData });
    expect([202, 409, 422]).toContain(status);
    if (status === 202) this.orgIds.push(body.organizationId);
  }

  async #invitation(orgId: string) {
    const all = await onboarding.readModels.invitationsOf(orgId);
    return all.at(-1);
  }

  async #answer(
    action: Command['action'],
    orgId: string,
    path: string,
  ): Promise<ApiResponse | undefined> {
    const bootstrap = bootstrapWorkflowId(orgId);
    const invitation = await this.#invitation(orgId);
    switch (action) {
      case 'cancel':
        return call('POST', `/api/v1/workflows/${bootstrap}/cancel`);
      case 'delete':
        return call('DELETE', path, { reason: 'left' });
      case 'delete all':
        return call('DELETE', path, { reason: 'left', cascade: true });
      case 'invite':
        return call('POST', `${path}/invitations`, { invitations: [somebody()] });
      case 'claim':
        return call('POST', `${path}/domains`, { domain: `${randomUUID()}.example.net` });
      case 'accept': {
        const mail = invitation && onboarding.mailsTo(invitation.email).at(-1);
        return mail && call('POST', `/api/v1/invitations/${tokenIn(mail.text)}/accept`, {});
      }
      case 'resend':
        return invitation && call('POST', `${path}/invitations/${invitation.invitationId}/resend`);
      case 'revoke':
        return (
          invitation &&
          call('POST', `${path}/invitations/${invitation.invitationId}/revoke`, { reason: 'r' })
        );
      case 'wait':
        await this.#settled(orgId);
        return undefined;
      default:
        await this.#disturb(action, orgId, invitation?.invitationId);
        return undefined;
    }
  }

  /** Waits a little for the end of its bootstrap, which may never come. */
  async #settled(orgId: string): Promise<void> {
    for (let round = 0; round < 15; round++) {
      const organization = await onboarding.readModels.organization(orgId);
      if (!/pending|provisioning/.test(organization?.status ?? '')) return;
      await delay(200);
    }
  }

  /** As an operator would with Temporal's CLI. */
  async #disturb(action: string, orgId: string, invitationId?: string): Promise<void> {
    const [verb, what] = action.split(' ');
    const ids: Record<string, string | undefined> = {
      bootstrap: bootstrapWorkflowId(orgId),
      invitation: invitationId && userInvitationWorkflowId(invitationId),
      deletion: deletionWorkflowId(orgId),
    };
    const workflowId = ids[what ?? ''];
    if (!workflowId) return;
    if (verb === 'terminate') await ifThere(handle(workflowId).terminate('a test'));
    else await ifThere(resetToFirst(workflowId));
  }
}

async function resetToFirst(workflowId: string): Promise<void> {
  const { runId } = await handle(workflowId).describe();
  const [first] = await resetPoints(handle(workflowId));
  if (first) await reset(onboarding.client, { workflowId, runId }, first);
}

const somebody = () => ({
  email: `${randomUUID()}@example.org`,
  firstName: 'Ada',
  lastName: 'Byron',
  role: 'provider_admin',
});

async function rowsOf<T extends object>(sql: string, orgIds: string[]): Promise<T[]> {
  return (await onboarding.owner.query(sql, [orgIds])).rows;
}

const STATES = `SELECT org_id AS "orgId", status, domain FROM organizations_projection
  WHERE org_id = ANY($1::uuid[])`;
const statesOf = (orgIds: string[]) =>
  rowsOf<{ orgId: string; status: string; domain: string | null }>(STATES, orgIds);

/** Open runs of organizations that are not active: each row is a fault once all is quiet. */
const OPEN = `SELECT r.workflow_id FROM workflow_runs_projection r
  JOIN organizations_projection o USING (org_id)
  WHERE org_id = ANY($1::uuid[]) AND r.closed_at IS NULL
    AND (o.status <> 'active' OR r.task_queue = 'bootstrap')`;

/** What is left to take effect for organizations that are not active. */
const LEFT = `SELECT 'invitation' AS what FROM user_invitations_projection i
    JOIN organizations_projection o USING (org_id)
    WHERE org_id = ANY($1::uuid[]) AND o.status <> 'active' AND i.status = 'pending'
  UNION ALL SELECT 'domain' FROM organization_domains_projection d
    JOIN organizations_projection o USING (org_id)
    WHERE org_id = ANY($1::uuid[]) AND o.status <> 'active' AND d.status IN ('pending', 'verified')
  UNION ALL SELECT 'membership' FROM memberships_projection m
    JOIN organizations_projection o USING (org_id)
    WHERE org_id = ANY($1::uuid[]) AND o.status <> 'active' AND m.ended_at IS NULL
  UNION ALL SELECT 'child of ' || p.status FROM organizations_projection o
    JOIN organizations_projection p ON p.org_id = o.parent_org_id
    WHERE o.org_id = ANY($1::uuid[]) AND is_live(o.status) AND p.status <> 'active'
  UNION ALL SELECT 'blocked stream' FROM event_streams
    WHERE aggregate_id = ANY($1::uuid[]) AND blocked_at_version IS NOT NULL
  UNION ALL SELECT 'gap' FROM domain_events
    WHERE aggregate_id = ANY($1::uuid[])
    GROUP BY aggregate_id HAVING max(stream_version) <> count(*)`;

/** Everything has ended that can end by itself. */
async function quiet(orgIds: string[]): Promise<void> {
  const underWay = async () => {
    const states = await statesOf(orgIds);
    const open = await rowsOf<{ workflow_id: string }>(OPEN, orgIds);
    return [
      ...states.filter(({ status }) => /pending|provisioning/.test(status)).map((row) => row.orgId),
      ...open.map(({ workflow_id }) => workflow_id),
    ];
  };
  await vi.waitFor(async () => expect(await underWay()).toEqual([]), {
    timeout: QUIET_LIMIT_MS,
    interval: 200,
  });
}

/** An operator asks again for deletions that were terminated, and cleans up failed bootstraps. */
async function cleanUp(orgIds: string[]): Promise<void> {
  for (const { orgId, status } of await statesOf(orgIds)) {
    if (status !== 'deleting' && status !== 'failed') continue;
    const path = `/api/v1/organizations/${orgId}`;
    const { status: code } = await call('DELETE', path, { reason: 'cleanup', cascade: true });
    // A deletion with its parent's may be under way, or may just have ended.
    expect([202, 409]).toContain(code);
  }
  await vi.waitFor(
    async () => {
      const states = (await statesOf(orgIds)).map(({ status }) => status);
      expect(states.filter((status) => status !== 'active' && status !== 'deactivated')).toEqual(
        [],
      );
    },
    { timeout: QUIET_LIMIT_MS, interval: 200 },
  );
}

/** What anybody can see from outside agrees with the store. */
async function expectConsistent(orgIds: string[]): Promise<void> {
  await vi.waitFor(async () => expect(await rowsOf(LEFT, orgIds)).toEqual([]), {
    timeout: QUIET_LIMIT_MS,
    interval: 200,
  });
  const states = await statesOf(orgIds);
  const names = onboarding.cloudflare.zone.list().map(({ name }) => name);
  const recorded = states.filter(({ domain }) => domain && names.includes(domain));
  const active = states.filter(({ status }) => status === 'active');
  expect(recorded.map(({ orgId }) => orgId).toSorted()).toEqual(
    active.map(({ orgId }) => orgId).toSorted(),
  );
}

async function runSequence(sequence: Command[]): Promise<void> {
  const actor = new Sequence();
  const begun: Promise<void>[] = [];
  for (const command of sequence) {
    const act = actor.act(command);
    begun.push(act);
    if (!command.atOnce) await act;
  }
  await Promise.all(begun);
  await quiet(actor.orgIds);
  await cleanUp(actor.orgIds);
  await quiet(actor.orgIds);
  await expectConsistent(actor.orgIds);
}

test(
  'whatever happens in whatever order, nothing takes effect for what is not active',
  async () => {
    await fc.assert(fc.asyncProperty(commands, runSequence), {
      numRuns: RUNS,
      ...(SEED && { seed: Number(SEED) }),
      interruptAfterTimeLimit: TIME_LIMIT_MS,
      verbose: 1,
    });
  },
  5 * TIME_LIMIT_MS,
);
