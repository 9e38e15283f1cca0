/** Acts out one sequence: as callers of the API, and as operators with Temporal's CLI. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
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
  type TestApi,
} from '#support/stack/api.ts';
import type { Onboarding } from '#support/stack/onboarding.ts';
import type { Command } from './commands.ts';

/** What a sequence is acted out on. */
export interface Scene {
  onboarding: Onboarding;
  api: TestApi;
}

/** Terminating or resetting what is not there is no fault of ours. */
const ifThere = (act: Promise<unknown>): Promise<unknown> => act.catch(() => undefined);

const somebody = () => ({
  email: `${randomUUID()}@example.org`,
  firstName: 'Ada',
  lastName: 'Byron',
  role: 'provider_admin',
});

/** The organizations of one sequence, and what is done to them. */
export class Sequence {
  readonly orgIds: string[] = [];
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Begins each command when the one before has ended, or at once. Ends when all have ended. */
  async actAll(commands: readonly Command[]): Promise<void> {
    const begun: Promise<void>[] = [];
    for (const command of commands) {
      const act = this.act(command);
      // Its failure is told by `Promise.all`, when it is its turn.
      act.catch(() => undefined);
      begun.push(act);
      if (!command.atOnce) await act;
    }
    await Promise.all(begun);
  }

  #call(method: string, path: string, body?: object): Promise<ApiResponse> {
    return this.#scene.api.call(method, path, { as: ADMIN, ...(body && { body }) });
  }

  #handle(workflowId: string) {
    return this.#scene.onboarding.client.workflow.getHandle(workflowId);
  }

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
    const { status, body } = await this.#call('POST', BOOTSTRAP_PATH, { ...request, orgData });
    expect([202, 409, 422]).toContain(status);
    if (status === 202) this.orgIds.push(body.organizationId);
  }

  async #invitation(orgId: string) {
    const all = await this.#scene.onboarding.readModels.invitationsOf(orgId);
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
        return this.#call('POST', `/api/v1/workflows/${bootstrap}/cancel`);
      case 'delete':
        return this.#call('DELETE', path, { reason: 'left' });
      case 'delete all':
        return this.#call('DELETE', path, { reason: 'left', cascade: true });
      case 'invite':
        return this.#call('POST', `${path}/invitations`, { invitations: [somebody()] });
      case 'claim':
        return this.#call('POST', `${path}/domains`, { domain: `${randomUUID()}.example.net` });
      case 'accept': {
        const mail = invitation && this.#scene.onboarding.mailsTo(invitation.email).at(-1);
        return mail && this.#call('POST', `/api/v1/invitations/${tokenIn(mail.text)}/accept`, {});
      }
      case 'resend':
        return (
          invitation && this.#call('POST', `${path}/invitations/${invitation.invitationId}/resend`)
        );
      case 'revoke':
        return (
          invitation &&
          this.#call('POST', `${path}/invitations/${invitation.invitationId}/revoke`, {
            reason: 'r',
          })
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
    for (let round = 0; round < 50; round++) {
      const organization = await this.#scene.onboarding.readModels.organization(orgId);
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
    if (verb === 'terminate') await ifThere(this.#handle(workflowId).terminate('a test'));
    else await ifThere(this.#resetToFirst(workflowId));
  }

  async #resetToFirst(workflowId: string): Promise<void> {
    const handle = this.#handle(workflowId);
    const { runId } = await handle.describe();
    const [first] = await resetPoints(handle);
    if (first) await reset(this.#scene.onboarding.client, { workflowId, runId }, first);
  }
}
