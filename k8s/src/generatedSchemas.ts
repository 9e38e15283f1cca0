/**
 * Generates `k8s/schemas` from the Go modules named here. The files are committed, so that a check
 * needs neither these modules nor a network.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { resolveGo } from '#dev/tools/goCommand.ts';
import {
  type CustomResourceDefinition,
  type JsonSchema,
  type OpenApi,
  schemaOfCustomResource,
  schemaOfDefinition,
} from './jsonSchema.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CACHE = path.join(ROOT, '.cache');
const FOLDER = 'k8s/schemas';
const DOWNLOAD_LIMIT_MS = 600_000;

const KUBERNETES = 'k8s.io/kubernetes@v1.34.4';
const OPENAPI = 'api/openapi-spec/swagger.json';
/** Names of definitions in Kubernetes' OpenAPI document, by the name of the schema file. */
const DEFINITIONS: Record<string, string> = {
  'configmap-v1': 'io.k8s.api.core.v1.ConfigMap',
  'service-v1': 'io.k8s.api.core.v1.Service',
  'serviceaccount-v1': 'io.k8s.api.core.v1.ServiceAccount',
  'deployment-apps-v1': 'io.k8s.api.apps.v1.Deployment',
  'job-batch-v1': 'io.k8s.api.batch.v1.Job',
  'cronjob-batch-v1': 'io.k8s.api.batch.v1.CronJob',
  'poddisruptionbudget-policy-v1': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'networkpolicy-networking-v1': 'io.k8s.api.networking.v1.NetworkPolicy',
  'horizontalpodautoscaler-autoscaling-v2': 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
};

const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
const KEDA = 'github.com/kedacore/keda/v2@v2.21.0';
const SECRETS = 'github.com/external-secrets/external-secrets@v1.3.2';
/** CustomResourceDefinitions: module, file, and version of the kind. */
const CUSTOM: Record<string, [module: string, file: string, version: string]> = {
  'servicemonitor-monitoring-v1': [
    OPERATOR,
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'v1',
  ],
  'prometheusrule-monitoring-v1': [
    OPERATOR,
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    'v1',
  ],
  'scaledobject-keda-v1alpha1': [KEDA, 'config/crd/bases/keda.sh_scaledobjects.yaml', 'v1alpha1'],
  'externalsecret-external-secrets-v1': [
    SECRETS,
    'config/crds/bases/external-secrets.io_externalsecrets.yaml',
    'v1',
  ],
};

const execute = promisify(execFile);

/** @returns the folder of the module in Go's module cache. */
async function moduleFolder(go: string, module: string): Promise<string> {
  console.log(`fetching ${module}`);
  const { stdout } = await execute(go, ['mod', 'download', '-json', module], {
    // Run outside of any Go module, because this repository is none.
    cwd: CACHE,
    timeout: DOWNLOAD_LIMIT_MS,
  });
  return JSON.parse(stdout).Dir;
}

async function schemas(go: string): Promise<Map<string, { schema: JsonSchema; source: string }>> {
  const made = new Map<string, { schema: JsonSchema; source: string }>();
  const kubernetes = await moduleFolder(go, KUBERNETES);
  const openApi: OpenApi = JSON.parse(await readFile(path.join(kubernetes, OPENAPI), 'utf8'));
  for (const [name, definition] of Object.entries(DEFINITIONS)) {
    const source = `${KUBERNETES}, ${OPENAPI}`;
    made.set(name, { schema: schemaOfDefinition(openApi, definition), source });
  }
  for (const [name, [module, file, version]] of Object.entries(CUSTOM)) {
    const text = await readFile(path.join(await moduleFolder(go, module), file), 'utf8');
    const schema = schemaOfCustomResource(parse(text) as CustomResourceDefinition, version);
    made.set(name, { schema, source: `${module}, ${file}` });
  }
  return made;
}

/** Content of each file, by its path. Downloads the modules with Go, which takes minutes. */
export async function generatedSchemas(): Promise<Map<string, string>> {
  await mkdir(CACHE, { recursive: true });
  const made = await schemas(await resolveGo({ cacheFolder: CACHE, log: console.log }));
  const rows = [...made].map(([name, { source }]) => `| \`${name}.json\` | ${source} |`);
  const page = `# Schemas of the kinds that our manifests use

Made by \`npm run generate -- schemas\`: strict, and without what does not decide whether a manifest is valid.
A kind that is not here fails the check; it is added in \`k8s/src/generatedSchemas.ts\`.

| file | made from |
| ---- | --------- |
${rows.join('\n')}
`;
  return new Map([
    ...[...made].map(([name, { schema }]): [string, string] => [
      `${FOLDER}/${name}.json`,
      `${JSON.stringify(schema, null, 1)}\n`,
    ]),
    [`${FOLDER}/README.md`, page],
  ]);
}
