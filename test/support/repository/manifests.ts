/** Manifests as kustomize renders them, and what their containers are given. */
import { parseAllDocuments } from 'yaml';
import { resolveKubernetesTools } from '#dev/tools/kubernetesTools.ts';
import { renderAll } from '#k8s/src/renderings.ts';
import { CACHE } from '#support/paths.ts';

export interface Container {
  name: string;
  image: string;
  args: string[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef: SecretKey } }[];
  envFrom?: { configMapRef: { name: string } }[];
  ports?: { name: string; containerPort: number }[];
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  startupProbe?: object;
  readinessProbe?: object;
  livenessProbe?: object;
  resources?: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext?: object;
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

interface SecretKey {
  name: string;
  key: string;
  optional?: boolean;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext: object;
  volumes?: object[];
}

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: as different as the kinds are; tests read what they assert.
  spec?: any;
}

/** Documents of each rendering, by its name. */
export async function renderedManifests(): Promise<Map<string, Manifest[]>> {
  const { kustomize } = await resolveKubernetesTools({
    cacheFolder: CACHE,
    log: console.log,
  });
  const renderings = [...(await renderAll(kustomize))].map(([name, yaml]) => {
    const documents = parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);
    return [name, documents] as const;
  });
  return new Map(renderings);
}

export const ofKind = (manifests: Manifest[], ...kinds: string[]): Manifest[] =>
  manifests.filter(({ kind }) => kinds.includes(kind));

/** @throws Error when there is none. */
export function named(manifests: Manifest[], kind: string, name: string): Manifest {
  const found = ofKind(manifests, kind).find(({ metadata }) => metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found;
}

/** The pods that a workload makes; undefined for what makes none. */
function podOf({ kind, spec }: Manifest): PodSpec | undefined {
  if (kind === 'CronJob') return spec.jobTemplate.spec.template.spec;
  if (kind === 'Deployment' || kind === 'Job') return spec.template.spec;
  return undefined;
}

/** Each workload with its pods. */
export const workloads = (manifests: Manifest[]): { workload: Manifest; pod: PodSpec }[] =>
  manifests.flatMap((workload) => {
    const pod = podOf(workload);
    return pod ? [{ workload, pod }] : [];
  });

/** Those whose pods run our image: exporters and the like are others' programs. */
export const ownWorkloads = (manifests: Manifest[]) =>
  workloads(manifests).filter(({ pod }) => /(^|\/)a4c-workflows:/.test(pod.containers[0]!.image));

/** Labels of the pods that a workload makes. */
export const labelsOf = ({ spec }: Manifest): Record<string, string> =>
  (spec.jobTemplate?.spec ?? spec).template.metadata.labels;

export const selects = (
  selector: Record<string, string>,
  labels: Record<string, string>,
): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value);

/**
 * What a container finds in its environment, as Kubernetes puts it together.
 * @param secrets value of each key of a Secret, by its name.
 * @throws Error when a ConfigMap is not there.
 */
export function environmentOf(
  manifests: Manifest[],
  { env = [], envFrom = [] }: Container,
  secrets: (key: SecretKey) => string | undefined,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { configMapRef } of envFrom) {
    Object.assign(environment, named(manifests, 'ConfigMap', configMapRef.name).data);
  }
  for (const { name, value, valueFrom } of env) {
    const given = value ?? (valueFrom && secrets(valueFrom.secretKeyRef));
    if (given !== undefined) environment[name] = given;
  }
  return environment;
}

/** The environment without what comes from Secrets. */
export const settingsOf = (manifests: Manifest[], container: Container): Record<string, string> =>
  environmentOf(manifests, container, () => undefined);
