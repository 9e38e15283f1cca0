/** `npm run check -- layering`: imports go one way. Exits 1 listing every import that does not. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What each part of `src` may import besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  domain: [],
  config: ['domain'],
  workflows: ['domain'],
  telemetry: ['domain', 'config'],
  store: ['domain', 'config', 'telemetry'],
  /** Documents and signatures alone, no input or output: API and activities both judge them. */
  saml: ['domain'],
  providers: ['domain', 'config', 'telemetry', 'saml'],
  activities: ['domain', 'config', 'telemetry', 'store', 'providers', 'saml'],
  stopRequest: [],
  workflowBundle: ['domain', 'telemetry'],
  worker: ['domain', 'config', 'telemetry', 'store', 'providers', 'activities', 'workflowBundle'],
  api: ['domain', 'config', 'telemetry', 'store', 'saml'],
  ops: ['domain', 'config', 'telemetry', 'store'],
  dev: ['domain', 'config', 'telemetry', 'store', 'workflowBundle', 'stopRequest'],
  main: [
    'domain',
    'config',
    'telemetry',
    'store',
    'workflowBundle',
    'worker',
    'api',
    'ops',
    'dev',
    'stopRequest',
  ],
};
/** Packages that workflow code may use: everything else is not there in the sandbox. */
const WORKFLOW_PACKAGES = /^@temporalio\/(workflow|common)$/;
const IMPORT = /(?:from|import)\s*\(?\s*'([^']+)'/g;
const BARE_GROUP = /^#?([a-zA-Z]+)/;

const groupOf = (file: string): string => {
  const [first = ''] = path.relative('src', file).split(path.sep);
  return path.parse(first).name;
};

/** The part of `src` that an import specifier leads to; undefined for packages. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return BARE_GROUP.exec(specifier)?.[1];
  if (specifier.startsWith('.')) return groupOf(path.join(path.dirname(file), specifier));
  return undefined;
}

function problemsOf(file: string): string[] {
  const group = groupOf(file);
  const allowed = ALLOWED[group];
  if (!allowed) return [`${file}: ${group} has no place among the layers`];
  const problems: string[] = [];
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const target = targetOf(file, specifier);
    if (target === undefined) {
      const foreign =
        group === 'domain' || (group === 'workflows' && !WORKFLOW_PACKAGES.test(specifier));
      if (foreign) problems.push(`${file}: ${group} may not import ${specifier}`);
    } else if (target !== group && !allowed.includes(target)) {
      problems.push(`${file}: ${group} may not import ${specifier}`);
    }
  }
  return problems;
}

const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
const problems = files.flatMap(problemsOf);
for (const problem of problems) console.error(problem);
console.log(`layering: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
