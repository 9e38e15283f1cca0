/** Configurations under way: one whose run is gone is ended, and its provider removed. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { createEmitEvent } from '#kernel/eventStore/emitEvent.ts';
import type { ApiKernel } from '#kernel/http/apiKernel.ts';
import type { HeldOpen } from '#kernel/temporal/lostRuns.ts';
import { ssoConfigurationWorkflowId } from '../contract.ts';
import { SSO_EVENTS } from '../events.ts';
import { SSO_UNDER_WAY } from '../rules.ts';
import { startSsoDeactivation } from '../runs.ts';
import type { SsoApiConfig } from '../settings.ts';
import { createSsoConfigurations, type SsoConfiguration } from '../store.ts';

const REASON = 'the run ended without saying how';
/** In these states no provider has been made yet. */
const WITHOUT_PROVIDER = ['requested', 'validated'];

export function createHeldOpen(kernel: ApiKernel<SsoApiConfig>): HeldOpen {
  const { temporal, config, pool, eventStore } = kernel;
  const configurations = createSsoConfigurations(pool);
  const emitEvent = createEmitEvent(eventStore, SSO_EVENTS);

  /** The run cannot be started again: what its provider was before is in its history alone. */
  async function end({ orgId, configurationId, createdAt }: SsoConfiguration, left: string[]) {
    await emitEvent({
      eventType: 'sso.failed',
      aggregateId: configurationId,
      workflowId: ssoConfigurationWorkflowId(orgId),
      origin: { requestedAt: createdAt.toISOString(), source: 'reconciler' },
      eventData: {
        org_id: orgId,
        outcome: 'failed',
        failure_stage: 'validate_metadata',
        failure_type: 'RunLost',
        error_message: REASON,
        partial_cleanup_required: left.length > 0,
        pending_cleanup: left,
      },
    });
  }

  async function removeProvider(orgId: string): Promise<void> {
    const params = {
      organizationId: orgId,
      reason: REASON,
      origin: { requestedAt: new Date().toISOString(), source: 'reconciler' },
    };
    const queue = config.TEMPORAL_USERS_TASK_QUEUE;
    await startSsoDeactivation(temporal, queue, params).catch((error) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    });
  }

  return {
    async page(after, options) {
      const underWay = await configurations.underWayPage(after, options);
      return underWay.map(({ configurationId, orgId }) => ({
        key: configurationId,
        workflowId: ssoConfigurationWorkflowId(orgId),
      }));
    },
    async repair({ key }) {
      const found = await configurations.configuration(key);
      if (!found || !(SSO_UNDER_WAY as readonly string[]).includes(found.status)) return;
      const active = await configurations.active(found.orgId);
      const hasProvider = !WITHOUT_PROVIDER.includes(found.status);
      // Where another configuration is active, its provider stays, with the metadata it has now.
      await end(found, active && hasProvider ? ['restoreSSOProviderActivity'] : []);
      if (!active) await removeProvider(found.orgId);
    },
  };
}
