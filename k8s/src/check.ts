/**
 * `npm run k8s:check`: generated manifests are what alerts and dashboards say, and every overlay, and
 * every component on one, is rendered and found valid, custom resources included.
 */
import path from 'node:path';
import { resolveKubernetesTools } from '#dev/kubernetesTools.ts';
import { staleManifests } from './generatedManifests.ts';
import { renderAll } from './renderings.ts';
import { validate } from './validate.ts';

const { kustomize, kubeconform } = await resolveKubernetesTools({
  cacheFolder: path.resolve(import.meta.dirname, '../../.cache'),
  log: console.log,
});
const stale = (await staleManifests()).map((file) => `${file} is stale: run npm run k8s:build`);
const renderings = await renderAll(kustomize);
const { resources, problems: invalid } = await validate(kubeconform, renderings);
const problems = [...stale, ...invalid];
for (const problem of problems) console.error(problem);
console.log(
  `k8s: ${resources} resources in ${renderings.size} renderings, ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
