/** `npm run trigger-workflow`: starts one bootstrap without the API, for operators. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ConfigError, loadConfig } from '#config.ts';
import { organizationId } from '#kernel/http/schemas.ts';
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
import { bootstrapBody } from '#onboarding/schemas.ts';
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

/**
 * Reads the file, and checks it as the API checks a request: errors are found before the workflow
 * starts.
 */
async function paramsFrom(file: string) {
  const text = await readFile(file, 'utf8').catch((error) => {
    throw new ConfigError(`--input: ${error.message}`);
  });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`--input ${file} is not JSON: ${(error as Error).message}`);
  }
  const checked = bootstrapBody.safeParse(body);
  if (checked.success) return checked.data;
  throw new ConfigError(`--input ${file} is refused:\n${z.prettifyError(checked.error)}`);
}

function newOrganizationId(option: string | undefined): string {
  if (option === undefined) return randomUUID();
  if (!organizationId.safeParse(option).success) {
    throw new ConfigError('--organization-id must be a UUID');
  }
  return option.toLowerCase();
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
  const orgId = newOrganizationId(options['organization-id']);
  const params: OrganizationBootstrapParams = {
    origin: { requestedAt: new Date().toISOString(), source: 'cli' },
    ...(await paramsFrom(options.input)),
    organizationId: orgId,
    invitations: { taskQueue: config.TEMPORAL_USERS_TASK_QUEUE },
  };
  const { client, connection } = connectTemporal(config);
  try {
    const handle = await withCorrelationId(correlationId, () =>
      client.workflow.start(ORGANIZATION_BOOTSTRAP, {
        taskQueue: config.TEMPORAL_TASK_QUEUE,
        workflowId: bootstrapWorkflowId(orgId),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [params],
      }),
    );
    print({ workflowId: handle.workflowId, organizationId: orgId, correlationId }, options.json);
    if (options.wait) print(await handle.result(), options.json);
  } finally {
    await connection.close();
  }
}

function print(value: object, json: boolean): void {
  if (json) console.log(JSON.stringify(value));
  else for (const [key, item] of Object.entries(value)) console.log(`${key.padEnd(16)} ${item}`);
}
