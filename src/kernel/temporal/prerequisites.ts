/** What has to be there in Temporal before anything can run: the namespace and its search attributes. */
import { isGrpcServiceError, type OperatorService, type WorkflowService } from '@temporalio/client';
import type { Logger } from '#kernel/telemetry/logger.ts';

/** The connection of a client or of a worker. */
interface TemporalServices {
  workflowService: WorkflowService;
  operatorService: OperatorService;
  withDeadline<T>(deadline: number, call: () => Promise<T>): Promise<T>;
}

export interface Prerequisites {
  namespace: string;
  searchAttributes: readonly string[];
}

const DEADLINE_MS = 2_000;
/** Codes of gRPC. */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
const UNAUTHENTICATED = 16;

/** Words for what a person has to change. @throws every other error. */
function wordsFor(error: unknown, namespace: string): string {
  if (!isGrpcServiceError(error)) throw error;
  if (error.code === NOT_FOUND) {
    return `TEMPORAL_NAMESPACE: Temporal has no namespace "${namespace}"`;
  }
  if (error.code === PERMISSION_DENIED || error.code === UNAUTHENTICATED) {
    return `TEMPORAL_API_KEY: Temporal does not let it use the namespace "${namespace}"`;
  }
  throw error;
}

async function registered(services: TemporalServices, namespace: string) {
  try {
    const { customAttributes } = await services.operatorService.listSearchAttributes({ namespace });
    return Object.keys(customAttributes ?? {});
  } catch (error) {
    // Where the list may not be read, for example with a restricted key, there is nothing to say.
    const { code } = error as { code?: number };
    if (code === PERMISSION_DENIED || code === UNIMPLEMENTED) return undefined;
    throw error;
  }
}

/**
 * @returns words for what is missing, with the setting or the command; undefined when all is there.
 * @throws when Temporal does not answer in time.
 */
export const missingIn = (
  services: TemporalServices,
  { namespace, searchAttributes }: Prerequisites,
): Promise<string | undefined> =>
  services.withDeadline(Date.now() + DEADLINE_MS, async () => {
    try {
      await services.workflowService.describeNamespace({ namespace });
    } catch (error) {
      return wordsFor(error, namespace);
    }
    const present = await registered(services, namespace);
    const missing = present ? searchAttributes.filter((name) => !present.includes(name)) : [];
    if (missing.length === 0) return undefined;
    const options = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    return `the namespace "${namespace}" lacks search attributes: temporal operator search-attribute create --namespace ${namespace} ${options}`;
  });

/**
 * A check for `/ready`. What is missing is logged when it changes; once all was there, Temporal is not
 * asked again.
 */
export function checkOnce(
  services: TemporalServices,
  prerequisites: Prerequisites,
  logger: Logger,
): () => Promise<void> {
  let present = false;
  let logged: string | undefined;
  return async () => {
    if (present) return;
    const missing = await missingIn(services, prerequisites);
    if (missing && missing !== logged) logger.error({ missing }, 'Temporal is not prepared');
    logged = missing;
    if (missing) throw new Error('Temporal is not prepared');
    present = true;
  };
}
