/**
 * `npm run test:integration -- --env=staging`: bootstraps a new organization on a running
 * installation, checks the result, and deletes the organization.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ConfigError } from '#config.ts';
import { type ApiClient, createApiClient } from '#dev/demo/apiClient.ts';
import { loadDevConfig } from '#dev/settings.ts';
import { type CheckList, createCheckList } from './checkList.ts';

const USAGE = `usage: npm run test:integration -- [--env=<name>] [--json]

  --env=<name>  read the settings from .env.<name>; from the environment when left out
  --json        print the outcome of each check as JSON
  --help

Settings: API_URL, API_TOKEN (permissions organization.create_root, organization.delete and
platform.admin), INTEGRATION_EMAIL (gets one invitation), INTEGRATION_LIMIT_SECONDS (2700).
`;

interface Accepted {
  workflowId: string;
  organizationId: string;
  correlationId: string;
}
interface Status {
  status: string;
  error: string | null;
  waitingForPerson: boolean;
  invitationsSent: number;
}
interface OrganizationView {
  status: string;
  subdomainStatus: string;
  cloudflareRecordId: string | null;
}
interface LineageView {
  correlationIds: string[];
  events: { processedAt: string | null }[];
  projections: { invitations: { status: string; emailStatus: string }[] };
}

const POLL_MS = 1_000;

function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

async function until<T>(limitMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    expectThat(Date.now() < deadline, `not within ${limitMs / 1000} s (INTEGRATION_LIMIT_SECONDS)`);
    await delay(POLL_MS);
  }
}

const request = (email: string) => {
  const name = `integration-${randomBytes(4).toString('hex')}`;
  return {
    subdomain: name,
    orgData: { name: `Integration check ${name}`, type: 'provider' },
    users: [{ email, firstName: 'Integration', lastName: 'Check', role: 'provider_admin' }],
  };
};

async function untilCompleted(api: ApiClient, { workflowId }: Accepted, limitMs: number) {
  await until(limitMs, async () => {
    const run = await api.get<Status>(`/api/v1/workflows/${workflowId}`);
    expectThat(!run.waitingForPerson, 'the DNS was not verified, and the run waits for a person');
    if (run.status === 'running') return undefined;
    expectThat(run.status === 'completed', `the run is ${run.status}: ${run.error}`);
    expectThat(run.invitationsSent === 1, 'the invitation was not sent');
    return run;
  });
}

async function verify(api: ApiClient, { organizationId, correlationId }: Accepted) {
  const path = `/api/v1/organizations/${organizationId}`;
  const organization = await api.get<OrganizationView>(path);
  expectThat(organization.status === 'active', `the organization is ${organization.status}`);
  expectThat(
    organization.subdomainStatus === 'verified',
    `its domain is ${organization.subdomainStatus}`,
  );
  const lineage = await api.get<LineageView>(`${path}/lineage`);
  const ids = lineage.correlationIds.join(', ');
  expectThat(ids === correlationId, `events carry ${ids} instead of ${correlationId}`);
  const waiting = lineage.events.filter(({ processedAt }) => processedAt === null).length;
  expectThat(waiting === 0, `${waiting} events are not projected`);
  const sent = lineage.projections.invitations.every(({ emailStatus }) => emailStatus === 'sent');
  expectThat(sent, 'an invitation is not marked as sent');
}

async function remove(api: ApiClient, { organizationId }: Accepted, limitMs: number) {
  const path = `/api/v1/organizations/${organizationId}`;
  await api.delete(path, { reason: 'integration check' });
  const gone = await until(limitMs, async () => {
    const organization = await api.get<OrganizationView>(path);
    return organization.status === 'deactivated' ? organization : undefined;
  });
  expectThat(gone.cloudflareRecordId === null, 'its DNS record is still there');
}

/** Deletes what was created, also when a check has failed. */
async function cleanUp(api: ApiClient, { workflowId }: Accepted): Promise<void> {
  await api.post(`/api/v1/workflows/${workflowId}/cancel`, {}).catch(() => {});
}

async function run({ check, hasPassed }: CheckList): Promise<void> {
  const config = loadDevConfig('integration');
  const api = createApiClient(config.API_URL.replace(/\/$/, ''), config.API_TOKEN);
  const limitMs = config.INTEGRATION_LIMIT_MS;
  await check('the installation is ready', () => api.get('/ready'));
  const accepted = await check('a bootstrap is accepted', () =>
    api.post<Accepted>(
      '/api/v1/workflows/organization-bootstrap',
      request(config.INTEGRATION_EMAIL),
    ),
  );
  try {
    await check('the run completes', () => untilCompleted(api, accepted, limitMs));
    await check('read models and events agree', () => verify(api, accepted));
  } catch (error) {
    await cleanUp(api, accepted);
    throw error;
  } finally {
    if (hasPassed('the run completes')) {
      await check('the organization is removed', () => remove(api, accepted, limitMs));
    }
  }
}

const { values } = parseArgs({
  options: {
    env: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const checks = createCheckList(values.json);
try {
  if (values.help) console.log(USAGE);
  else {
    const file = values.env && `.env.${values.env}`;
    if (file && !existsSync(file)) throw new ConfigError(`there is no file ${file}`);
    if (file) process.loadEnvFile(file);
    await run(checks);
  }
} catch (error) {
  process.exitCode = 1;
  if (error instanceof ConfigError) console.error(error.message);
}
checks.report();
