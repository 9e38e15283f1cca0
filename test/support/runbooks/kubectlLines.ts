/** Holds the `kubectl` lines of the pages against the manifests as they are rendered. */
import { existsSync } from 'node:fs';
import {
  labelsOf,
  type Manifest,
  ofKind,
  renderedManifests,
  selects,
  workloads,
} from '#support/repository/manifests.ts';
import type { PageLine } from './pageLines.ts';

/** Short names, by which kubectl knows a kind, too. */
const KINDS: Record<string, string> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  job: 'Job',
  cronjob: 'CronJob',
  externalsecret: 'ExternalSecret',
  scaledobject: 'ScaledObject',
  configmap: 'ConfigMap',
  networkpolicy: 'NetworkPolicy',
  svc: 'Service',
  service: 'Service',
  secret: 'Secret',
};
const PODS = ['pod', 'pods', 'po'];
/** Made by hand or by an operator; no manifest of ours is named so. */
const SECRETS = ['a4c-workflows', 'a4c-workflows-migration'];
/** Temporal's own, to which TEMPORAL_ADDRESS of the base leads. */
const TEMPORALS_SERVICE = 'temporal-frontend';

export type Cluster = Manifest[];

/** Everything that the production overlay and its parts put into a cluster. */
export async function productionCluster(): Promise<Cluster> {
  const renderings = await renderedManifests();
  return [...renderings].flatMap(([name, manifests]) =>
    name.startsWith('production') ? manifests : [],
  );
}

/** Each call of kubectl in a line, without redirections and what it is piped into. */
export const kubectlCalls = ({ text }: Pick<PageLine, 'text'>): string[] =>
  [...text.replaceAll('\\\n', ' ').matchAll(/\bkubectl [^;|}#]+/g)].map(([call]) => call.trim());

const isThere = (cluster: Cluster, kind: string, name: string): boolean =>
  kind === 'Secret'
    ? SECRETS.includes(name)
    : (kind === 'Service' && name === TEMPORALS_SERVICE) ||
      ofKind(cluster, kind).some(({ metadata }) => metadata.name === name);

/** Kind and name of each resource that a call names. */
function resourcesOf(words: string[]): { kind: string; name: string }[] {
  return words.flatMap((word, index) => {
    const [kind = '', name] = word.split('/');
    const known = KINDS[kind];
    if (!known) return [];
    if (name) return [{ kind: known, name }];
    const next = words[index + 1];
    return next && !next.startsWith('-') && !next.startsWith('generic')
      ? [{ kind: known, name: next }]
      : [];
  });
}

function namespaceProblem(words: string[], cluster: Cluster): string[] {
  if (words.includes('-k')) return [];
  const at = words.findIndex((word) => word === '-n' || word === '--namespace');
  const namespace = at < 0 ? undefined : words[at + 1];
  const known = new Set(cluster.map(({ metadata }) => metadata.namespace));
  if (namespace && known.has(namespace)) return [];
  return [namespace ? `there is no namespace ${namespace}` : 'names no namespace (-n temporal)'];
}

function selectorProblem(words: string[], cluster: Cluster): string[] {
  const at = words.findIndex((word) => word === '-l' || word === '--selector');
  if (at < 0) return [];
  const selector = Object.fromEntries(words[at + 1]!.split(',').map((pair) => pair.split('=')));
  const found = workloads(cluster).some(({ workload }) => selects(selector, labelsOf(workload)));
  return found ? [] : [`no pod of ours has the label ${words[at + 1]}`];
}

function folderProblem(words: string[]): string[] {
  const at = words.indexOf('-k');
  if (at < 0) return [];
  // The checkout of another release has the same folders.
  const folder = words[at + 1]!.replace(/^\.\.\/a4c-\$\w+\//, '');
  return existsSync(`${folder}/kustomization.yaml`) ? [] : [`there is no ${folder}`];
}

/** What is wrong with one call of kubectl. */
export function kubectlProblems(call: string, cluster: Cluster): string[] {
  // What a pod is told to run is not kubectl's.
  const words = call.split(' -- ')[0]!.split(/\s+/);
  const missing = resourcesOf(words)
    .filter(({ kind, name }) => !isThere(cluster, kind, name))
    .map(({ kind, name }) => `there is no ${kind} ${name}`);
  const names = [...words].some((word) => PODS.includes(word) || KINDS[word.split('/')[0]!]);
  const isGiven = words.some((word) => ['-k', '-f', '<pod>'].includes(word));
  const nothing = names || isGiven ? [] : ['names nothing that is known'];
  return [
    ...namespaceProblem(words, cluster),
    ...selectorProblem(words, cluster),
    ...folderProblem(words),
    ...missing,
    ...nothing,
  ];
}
