/**
 * `npm run check -- manifests`: renders every overlay, and every component on one overlay, and
 * validates the result, custom resources included.
 */
import path from 'node:path';
import { resolveKubernetesTools } from '#dev/tools/kubernetesTools.ts';
import { renderAll } from './renderings.ts';
import { validate } from './validate.ts';

const { kustomize, kubeconform } = await resolveKubernetesTools({
  cacheFolder: path.resolve(import.meta.dirname, '../../.cache'),
  log: console.log,
});
const renderings = await renderAll(kustomize);
const { resources, problems } = await validate(kubeconform, renderings);
for (const problem of problems) console.error(problem);
console.log(
  `k8s: ${resources} resources in ${renderings.size} renderings, ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
