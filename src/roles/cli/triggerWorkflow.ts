/** `npm run trigger-workflow`: starts one bootstrap without the API, for operators. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '#config.ts';
import {
  isCorrelationId,
  newCorrelationId,
  withCorrelationId,
} from '#kernel/telemetry/correlation.ts';
import { connectTemporal } from '#kernel/temporal/connection.ts';
import {
  bootstrapWorkflowId,
  ORGANIZATION_BOOTSTRAP,
  type OrganizationBootstrapParams,
} from '#onboarding/contract.ts';
import { withUsage } from '#roles/commandLine.ts';

const USAGE = `usage: npm run trigger-workflow -- --input <file.json> [options]

  --input <file>           {"orgData": {...}, "subdomain": "...", "users": [...]}
  --organization-id <uuid> id of the new organization; a new one when left out
  --correlation-id <id>    correlation id of the run; a new one when left out
  --wait                   wait for the result and print it; exits 1 when the run fails
  --json                   print JSON
  --help

Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TASK_QUEUE, TEMPORAL_USERS_TASK_QUEUE,
TEMPORAL_API_KEY and TEMPORAL_TLS.
`;

const OPTIONS = {
  input: { type: 'string' },
  'organization-id': { type: 'string' },
  'correlation-id': { type: 'string' },
  wait: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function argumentsOf(args: string[]) {
  return withUsage(USAGE, () => parseArgs({ args, options: OPTIONS }).values);
}

/** Reads the file and checks it, so that errors are found before the workflow starts. */
async function paramsFrom(file: string): Promise<OrganizationBootstrapParams> {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new ConfigError(`--input: ${error.message}`);
  });
  let params: OrganizationBootstrapParams;
  try {
    params = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`--input ${file} is not JSON: ${(error as Error).message}`);
  }
  if (!params?.orgData?.name || !Array.isArray(params.users) || params.users.length === 0) {
    throw new ConfigError(`--input ${file} needs orgData.name and at least one user`);
  }
  return params;
}

/** Starts OrganizationBootstrapWorkflow and prints its ids; with --wait also its result. */
export async function triggerWorkflow(args: string[]): Promise<void> {
  const options = argumentsOf(args);
  if (options.help) {
    console.log(USAGE);
    return;
  }
  if (!options.input) throw new ConfigError(`--input is required\n\n${USAGE}`);
  const correlationId = options['correlation-id'] ?? newCorrelationId();
  if (!isCorrelationId(correlationId)) throw new ConfigError('--correlation-id is not a valid id');
  const config = loadConfig('trigger');
  const organizationId = options['organization-id'] ?? randomUUID();
  const params: OrganizationBootstrapParams = {
    origin: { requestedAt: new Date().toISOString(), source: 'cli' },
    ...(await paramsFrom(options.input)),
    organizationId,
  };
  const { client, connection } = connectTemporal(config);
  try {
    const handle = await withCorrelationId(correlationId, () =>
      client.workflow.start(ORGANIZATION_BOOTSTRAP, {
        taskQueue: config.TEMPORAL_TASK_QUEUE,
        workflowId: bootstrapWorkflowId(organizationId),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [{ ...params, invitations: { taskQueue: config.TEMPORAL_USERS_TASK_QUEUE } }],
      }),
    );
    print({ workflowId: handle.workflowId, organizationId, correlationId }, options.json);
    if (options.wait) print(await handle.result(), options.json);
  } finally {
    await connection.close();
  }
}

function print(value: object, json: boolean): void {
  if (json) console.log(JSON.stringify(value));
  else for (const [key, item] of Object.entries(value)) console.log(`${key.padEnd(16)} ${item}`);
}
