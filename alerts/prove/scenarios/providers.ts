/** Faults of the providers that the service uses. */
import { setTimeout as delay } from 'node:timers/promises';
import { resolvers } from '../resolvers.ts';
import { type Scenario, scenario } from '../scenario.ts';

const MANY = 10_000;
const POST_REFUSED = { method: 'POST', status: 400, times: MANY };
/** Longer than one hour after the shortening: the limit of a run's duration. */
const LONG_RUN_MS = 63_000;

export const providerScenarios: readonly Scenario[] = [
  {
    fault: 'Cloudflare refuses new records (400)',
    proves: [
      { alert: 'WorkflowFailureRateHigh' },
      { alert: 'BootstrapErrorBudgetBurn', labels: { long: '1h' } },
    ],
    async begin(stage) {
      stage.stack.cloudflare.fail(POST_REFUSED);
      await stage.onboard(12);
    },
    end: async ({ stack }) => stack.cloudflare.clearFaults(),
  },
  {
    fault: 'Cloudflare refuses the token (403)',
    proves: [{ alert: 'ProviderRefusesUs' }],
    async begin(stage) {
      stage.stack.cloudflare.fail({ status: 403, times: MANY });
      await stage.onboard(1);
    },
    end: async ({ stack }) => stack.cloudflare.clearFaults(),
  },
  {
    fault: 'Cloudflare answers 500',
    proves: [{ alert: 'DNSConfigurationFailures' }, { alert: 'ProviderKeepsUsWaiting' }],
    core: true,
    async begin(stage) {
      stage.stack.cloudflare.fail({ status: 500, times: MANY });
      await stage.onboard(4);
    },
    end: async ({ stack }) => stack.cloudflare.clearFaults(),
  },
  scenario(
    {
      fault: 'resolvers do not know the record for a minute, then a person retries',
      proves: [
        { alert: 'DNSVerificationWaitingForPerson' },
        { alert: 'DNSPropagationSlow' },
        { alert: 'WorkflowDurationExcessive' },
      ],
    },
    async (stage) => {
      resolvers(stage, 'nxdomain');
      const [run] = await stage.onboard(1);
      await delay(LONG_RUN_MS);
      resolvers(stage, 'none');
      await stage.api.post(`/api/v1/workflows/${run!.workflowId}/signals/retry-dns`, {});
      return async () => {};
    },
  ),
  {
    fault: 'the mail server refuses for now (451)',
    proves: [{ alert: 'InvitationDeliveryFailing' }],
    core: true,
    async begin(stage) {
      stage.stack.smtp.fail('*', { code: 451 });
      await stage.onboard(2);
    },
    end: async ({ stack }) => stack.smtp.clearFaults(),
  },
];
