/** Validates manifests against the schemas of Kubernetes and the operators. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const SCHEMAS = path.resolve(import.meta.dirname, '../schemas');
const CHECK_LIMIT_MS = 60_000;

const execute = promisify(execFile);

interface Finding {
  filename: string;
  kind: string;
  name: string;
  status: string;
  msg: string;
}

async function findingsIn(kubeconform: string, files: string[]): Promise<Finding[]> {
  const location = path.join(SCHEMAS, '{{.ResourceKind}}{{.KindSuffix}}.json');
  const args = ['-strict', '-verbose', '-output', 'json', '-schema-location', location];
  const output = await execute(kubeconform, [...args, ...files], {
    timeout: CHECK_LIMIT_MS,
    maxBuffer: 64 * 1024 * 1024,
  }).then(
    ({ stdout }) => stdout,
    // kubeconform exits with 1 when it has found problems, and still prints them.
    (error) => {
      if (!error.stdout) throw error;
      return error.stdout as string;
    },
  );
  return JSON.parse(output).resources;
}

/**
 * Runs kubeconform once on everything; a kind without a schema is a problem.
 * @param renderings YAML by a name for messages.
 */
export async function validate(
  kubeconform: string,
  renderings: Map<string, string>,
): Promise<{ resources: number; problems: string[] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'a4c-k8s-'));
  try {
    const names = new Map<string, string>();
    for (const [index, [name, yaml]] of [...renderings].entries()) {
      const file = path.join(folder, `${index}.yaml`);
      await writeFile(file, yaml);
      names.set(file, name);
    }
    const findings = await findingsIn(kubeconform, [...names.keys()]);
    const problems = findings
      .filter(({ status }) => status !== 'statusValid')
      .map(({ filename, kind, name, msg }) => `${names.get(filename)}: ${kind} ${name}: ${msg}`);
    return { resources: findings.length, problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
