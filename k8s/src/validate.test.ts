import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { resolveKubernetesTools } from '#dev/tools/kubernetesTools.ts';
import { validate } from './validate.ts';

let kubeconform: string;
beforeAll(async () => {
  const tools = await resolveKubernetesTools({
    cacheFolder: path.resolve('.cache'),
    log: console.log,
  });
  kubeconform = tools.kubeconform;
});

const problemsOf = async (manifest: object): Promise<string[]> =>
  (await validate(kubeconform, new Map([['here', stringify(manifest)]]))).problems;

const deployment = (overrides: object = {}, container: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'api' },
  spec: {
    selector: { matchLabels: { app: 'api' } },
    template: {
      metadata: { labels: { app: 'api' } },
      spec: { containers: [{ name: 'api', image: 'a4c-workflows:v1.0.0', ...container }] },
    },
    ...overrides,
  },
});
const scaledObject = (overrides: object = {}) => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'worker' },
  spec: {
    scaleTargetRef: { name: 'worker' },
    triggers: [{ type: 'temporal', metadata: {} }],
    ...overrides,
  },
});

test('accepts a valid manifest, with quantities and ports in every form', async () => {
  const limits = { cpu: 1, memory: '512Mi' };
  const probe = { httpGet: { path: '/ready', port: 'http' } };
  expect(await problemsOf(deployment({}, { resources: { limits }, startupProbe: probe }))).toEqual(
    [],
  );
  const byNumber = { httpGet: { path: '/ready', port: 3000 } };
  expect(await problemsOf(deployment({}, { startupProbe: byNumber }))).toEqual([]);
  expect(await problemsOf(scaledObject({ minReplicaCount: 1 }))).toEqual([]);
});

test.each([
  ['a misspelt field', deployment({ replica: 3 }), 'replica'],
  ['a misspelt field of a container', deployment({}, { readynessProbe: {} }), 'readynessProbe'],
  ['a wrong type', deployment({ replicas: 'three' }), 'replicas'],
  ['a field that is missing', deployment({ selector: undefined }), 'selector'],
  ['a misspelt field of a custom resource', scaledObject({ minReplicas: 1 }), 'minReplicas'],
  ['a missing field of a custom resource', scaledObject({ triggers: undefined }), 'triggers'],
])('refuses %s', async (_what, manifest, field) => {
  const problems = await problemsOf(manifest);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('here: ');
  expect(problems[0]).toContain(field);
});

test('refuses a kind without a schema', async () => {
  const problems = await problemsOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } });
  expect(problems).toEqual([expect.stringContaining('Pod')]);
});
