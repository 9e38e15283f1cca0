/** What has to be there in Temporal before anything can run: the namespace and its search attributes. */
import { isGrpcServiceError, type OperatorService, type WorkflowService } from '@temporalio/client';
import { type AskDependency, NotAsked, NotServing } from '#kernel/outbound/dependencies.ts';
import type { Metrics } from '#kernel/telemetry/metrics.ts';

/** The connection of a client or of a worker. */
export interface TemporalServices {
  workflowService: WorkflowService;
  operatorService: OperatorService;
  withDeadline<T>(deadline: number, call: () => Promise<T>): Promise<T>;
}

export interface Prerequisites {
  namespace: string;
  searchAttributes: readonly string[];
}

export interface Missing {
  /** What is missing, with the setting or the command. */
  words: string;
  /** Names of the search attributes that are not there. */
  attributes: readonly string[];
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
 * @returns what is missing; undefined when all is there.
 * @throws when Temporal does not answer in time.
 */
export const missingIn = (
  services: TemporalServices,
  { namespace, searchAttributes }: Prerequisites,
): Promise<Missing | undefined> =>
  services.withDeadline(Date.now() + DEADLINE_MS, async () => {
    try {
      await services.workflowService.describeNamespace({ namespace });
    } catch (error) {
      return { words: wordsFor(error, namespace), attributes: [] };
    }
    const present = await registered(services, namespace);
    const missing = present ? searchAttributes.filter((name) => !present.includes(name)) : [];
    if (missing.length === 0) return undefined;
    const options = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    const words = `the namespace "${namespace}" lacks search attributes: temporal operator search-attribute create --namespace ${namespace} ${options}`;
    return { words, attributes: missing };
  });

/**
 * Asks whether all is there, and shows each search attribute as `search_attribute_missing`.
 * @param connected the connection, as soon as there is one.
 */
export function askPrerequisites(
  connected: () => TemporalServices | undefined,
  prerequisites: Prerequisites,
  metrics: Metrics,
): AskDependency {
  return async () => {
    const services = connected();
    if (!services) throw new NotAsked();
    // That Temporal is silent is said by another dependency.
    const missing = await missingIn(services, prerequisites).catch(() => {
      throw new NotAsked();
    });
    for (const attribute of prerequisites.searchAttributes) {
      const isMissing = missing?.attributes.includes(attribute) ?? false;
      metrics.set('search_attribute_missing', { attribute }, isMissing ? 1 : 0);
    }
    if (missing) throw new NotServing(missing.words);
  };
}

/** A check for `/ready`: once all was there, Temporal is not asked again. */
export function checkOnce(
  services: TemporalServices,
  prerequisites: Prerequisites,
): () => Promise<void> {
  let present = false;
  return async () => {
    if (present) return;
    if (await missingIn(services, prerequisites)) throw new Error('Temporal is not prepared');
    present = true;
  };
}
