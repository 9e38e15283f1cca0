/** What can be seen from outside, after a sequence, has to agree with what the store says. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, vi } from 'vitest';
import { deletionWorkflowId } from '#deletion/contract.ts';
import { ADMIN } from '#support/stack/api.ts';
import type { Scene } from './sequence.ts';

interface State {
  orgId: string;
  status: string;
  domain: string | null;
}

const STATES = `SELECT org_id AS "orgId", status, domain FROM organizations_projection
  WHERE org_id = ANY($1::uuid[])`;

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

const POLL_MS = 200;

const idsOf = (states: State[]): string[] => states.map(({ orgId }) => orgId).toSorted();

/** The organizations of one sequence, seen from outside. */
export class Outside {
  readonly #scene: Scene;
  readonly #orgIds: string[];
  readonly #endsAt: number;

  /** @param limitMs for everything that is waited for, together. */
  constructor(scene: Scene, orgIds: string[], limitMs: number) {
    this.#scene = scene;
    this.#orgIds = orgIds;
    this.#endsAt = Date.now() + limitMs;
  }

  /**
   * Waits for the end of everything, cleans up as an operator does, and waits again.
   * @throws when something does not end in time, or is left that does not agree.
   */
  async expectConsistent(): Promise<void> {
    await this.#quiet();
    await this.#cleanUp();
    await this.#quiet();
    await this.#becomes(() => this.#rowsOf(LEFT), []);
    const states = await this.#states();
    const names = this.#scene.onboarding.cloudflare.zone.list().map(({ name }) => name);
    const recorded = states.filter(({ domain }) => domain && names.includes(domain));
    const active = states.filter(({ status }) => status === 'active');
    expect(idsOf(recorded), 'organizations with a DNS record').toEqual(idsOf(active));
  }

  async #rowsOf<T extends object>(sql: string): Promise<T[]> {
    return (await this.#scene.onboarding.owner.query(sql, [this.#orgIds])).rows;
  }

  #states(): Promise<State[]> {
    return this.#rowsOf<State>(STATES);
  }

  async #becomes(seen: () => Promise<unknown>, wanted: unknown): Promise<void> {
    await vi.waitFor(async () => expect(await seen()).toEqual(wanted), {
      timeout: Math.max(1, this.#endsAt - Date.now()),
      interval: POLL_MS,
    });
  }

  /** Everything has ended that can end by itself. */
  async #quiet(): Promise<void> {
    await this.#becomes(async () => {
      const states = await this.#states();
      const open = await this.#rowsOf<{ workflow_id: string }>(OPEN);
      return [
        ...idsOf(states.filter(({ status }) => /pending|provisioning/.test(status))),
        ...open.map(({ workflow_id }) => workflow_id),
        ...(await this.#deletions()),
      ];
    }, []);
  }

  /** Deletions under way: one that was accepted a moment ago is not in the store yet. */
  async #deletions(): Promise<string[]> {
    const { client } = this.#scene.onboarding;
    const all = this.#orgIds.map(async (orgId) => {
      const handle = client.workflow.getHandle(deletionWorkflowId(orgId));
      try {
        const { status } = await handle.describe();
        return status.name === 'RUNNING' ? [handle.workflowId] : [];
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return [];
        throw error;
      }
    });
    return (await Promise.all(all)).flat();
  }

  /** An operator asks again for deletions that were terminated, and cleans up failed bootstraps. */
  async #cleanUp(): Promise<void> {
    for (const { orgId, status } of await this.#states()) {
      if (status !== 'deleting' && status !== 'failed') continue;
      const path = `/api/v1/organizations/${orgId}`;
      const body = { reason: 'cleanup', cascade: true };
      const { status: code } = await this.#scene.api.call('DELETE', path, { as: ADMIN, body });
      // A deletion with its parent's may be under way, or may just have ended.
      expect([202, 409]).toContain(code);
    }
    await this.#becomes(async () => {
      const states = (await this.#states()).map(({ status }) => status);
      return states.filter((status) => status !== 'active' && status !== 'deactivated');
    }, []);
  }
}
