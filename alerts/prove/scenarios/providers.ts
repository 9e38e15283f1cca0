/** Faults of the providers that the service uses. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  CLOUDFLARE_FAILS,
  CLOUDFLARE_REFUSES_TOKEN,
  DNS_UNSEEN,
  MAIL_REFUSED,
} from '../faults/providers.ts';
import { of, type Scenario, scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

const MANY = 10_000;
const POST_REFUSED = { method: 'POST', status: 400, times: MANY };
/** Longer than one hour after the shortening: the limit of a run's duration. */
const LONG_RUN_MS = 63_000;

/** Twelve hours are twelve minutes here: the run really waits, and its clock is put back. */
const WAITED_LONG = `UPDATE organizations_projection SET updated_at = updated_at - interval '12 minutes'
  WHERE status = 'provisioning' AND subdomain_status = 'verifying'`;

async function untilWaiting({ owner }: Stage): Promise<void> {
  const waiting = `SELECT FROM organizations_projection
    WHERE status = 'provisioning' AND subdomain_status = 'verifying'`;
  while ((await owner.query(waiting)).rowCount === 0) await delay(500);
}

/** Runs that an earlier fault has delayed may have come to wait, too. */
async function retryWaiting({ owner, api }: Stage): Promise<void> {
  const { rows } = await owner.query<{ workflow_id: string }>(
    `SELECT workflow_id FROM organizations_projection
     WHERE status = 'provisioning' AND subdomain_status = 'verifying'`,
  );
  for (const { workflow_id } of rows) {
    await api.post(`/api/v1/workflows/${workflow_id}/signals/retry-dns`, {});
  }
}

export const providerScenarios: readonly Scenario[] = [
  {
    fault: 'Cloudflare refuses new records (400)',
    proves: [
      { alert: 'WorkflowFailureRateHigh' },
      { alert: 'NothingCompletes' },
      { alert: 'DNSConfigurationFailures' },
      { alert: 'BootstrapErrorBudgetBurn', labels: { long: '1h' } },
    ],
    async begin(stage) {
      stage.stack.cloudflare.fail(POST_REFUSED);
      await stage.onboard(12);
    },
    end: async ({ stack }) => stack.cloudflare.clearFaults(),
  },
  of(CLOUDFLARE_REFUSES_TOKEN, {
    proves: [{ alert: 'ProviderRefusesUs' }],
    reach: '15m',
    traffic: true,
    steadySeconds: 45,
  }),
  {
    ...of(CLOUDFLARE_FAILS, {
      proves: [
        { alert: 'ProviderKeepsUsWaiting' },
        { alert: 'ProviderErrors', about: { provider: 'cloudflare' } },
        {
          alert: 'DependencyDown',
          labels: { severity: 'warning', after: '5m' },
          about: { dependency: 'cloudflare' },
        },
      ],
      core: true,
    }),
    async begin(stage) {
      await CLOUDFLARE_FAILS.begin(stage.breakable);
      await stage.onboard(4);
    },
  },
  scenario(
    {
      fault: 'resolvers do not know the record for a minute, then a person retries',
      proves: [
        { alert: 'DNSVerificationWaitingForPerson', labels: { severity: 'warning' } },
        { alert: 'DNSPropagationSlow' },
        { alert: 'WorkflowDurationExcessive' },
      ],
    },
    async (stage) => {
      await stage.breakable.resolvers('nxdomain');
      await stage.onboard(1);
      await delay(LONG_RUN_MS);
      await stage.breakable.resolvers('none');
      await retryWaiting(stage);
      return async () => {};
    },
  ),
  {
    ...of(DNS_UNSEEN, {
      proves: [{ alert: 'DNSVerificationWaitingForPerson', labels: { severity: 'critical' } }],
    }),
    async begin(stage) {
      await DNS_UNSEEN.begin(stage.breakable);
      await stage.onboard(1);
      await untilWaiting(stage);
      await stage.breakable.sql(WAITED_LONG);
    },
    async end(stage) {
      await DNS_UNSEEN.end(stage.breakable);
      await retryWaiting(stage);
    },
  },
  {
    ...of(MAIL_REFUSED, { proves: [{ alert: 'InvitationDeliveryFailing' }], core: true }),
    async begin(stage) {
      await MAIL_REFUSED.begin(stage.breakable);
      await stage.onboard(2);
    },
  },
];
