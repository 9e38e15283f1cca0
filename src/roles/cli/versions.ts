/** `npm run ops -- versions`: lists the versions of the workers, and sets the one for new runs. */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { ConfigError } from '#config.ts';
import { versionsOf, type WorkerVersion } from '#kernel/temporal/server/workerVersions.ts';
import { printRows } from './printRows.ts';

/** Shown in place of a build id for workers without versioning. */
const UNVERSIONED = 'unversioned';

async function deploymentNames(client: Client): Promise<string[]> {
  const names: string[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.listWorkerDeployments({
      namespace: client.options.namespace,
      nextPageToken,
    });
    names.push(...page.workerDeployments.map(({ name }) => name ?? ''));
    nextPageToken = page.nextPageToken;
  } while (nextPageToken?.length);
  return names.sort();
}

/** Versions of every deployment of the namespace. */
export async function listVersions(client: Client): Promise<WorkerVersion[]> {
  const names = await deploymentNames(client);
  return (await Promise.all(names.map((name) => versionsOf(client, name)))).flat();
}

/**
 * Sends new runs, and those that change versions, to this version from now on. The server refuses a
 * version that does not poll every queue of the current version.
 */
async function setCurrent(client: Client, json: boolean, args: string[]): Promise<void> {
  const [deploymentName, version] = args;
  if (!deploymentName || !version) {
    throw new ConfigError('versions set-current needs the name of a deployment and a build id');
  }
  const { previousDeploymentVersion: previous } =
    await client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: client.options.namespace,
      deploymentName,
      buildId: version === UNVERSIONED ? '' : version,
      identity: 'a4c-ops',
    });
  const row = { deployment: deploymentName, current: version, previous: previous?.buildId };
  printRows([{ ...row, previous: row.previous || UNVERSIONED }], json);
}

/**
 * The command `versions`, and `versions set-current <deployment> <build id>`.
 * @throws ConfigError saying what the server refused.
 */
export async function versions(client: Client, json: boolean, args: string[]): Promise<void> {
  const [action, ...rest] = args;
  if (action && action !== 'set-current') {
    throw new ConfigError(`unknown command versions ${action}; it is set-current or nothing`);
  }
  try {
    if (action) await setCurrent(client, json, rest);
    else
      printRows(
        (await listVersions(client)).map((version) => ({ ...version })),
        json,
      );
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    throw new ConfigError(`Temporal at TEMPORAL_ADDRESS says: ${error.details}`, { cause: error });
  }
}
