/** `npm run generate`: writes every generated file of the repository. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { onCallPage } from '#alerts/prove/alertIndex.ts';
import { alertsPage } from '#alerts/prove/proofsTable.ts';
import { generatedAlerts } from '#alerts/src/generatedFiles.ts';
import { metricsPage } from '#dashboards/queries/metricsPage.ts';
import { contentOf, dashboards } from '#dashboards/src/dashboardFiles.ts';
import { SETTING_SCHEMAS } from '#dev/settings.ts';
import { generatedManifests } from '#k8s/src/generatedManifests.ts';
import { generatedSchemas } from '#k8s/src/generatedSchemas.ts';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { chosenByName } from './chosenByName.ts';
import { logsPage } from './docs/logsPage.ts';
import { settingsPage } from './docs/settingsPage.ts';
import { freshSchema } from './freshSchema.ts';
import { differencesOf, type GeneratedPart, settle } from './generatedParts.ts';

const ROOT = path.resolve(import.meta.dirname, '..');

/** In the order of writing: parts that read generated files come after these files. */
const PARTS: readonly GeneratedPart[] = [
  {
    name: 'schema',
    what: 'sql/schema.sql and its types, from a database with all migrations',
    files: freshSchema,
  },
  {
    name: 'alerts',
    what: 'rules and their tests in alerts/, from alerts/src',
    files: generatedAlerts,
  },
  {
    name: 'dashboards',
    what: 'dashboards/*.json, from dashboards/src',
    files: () =>
      new Map([...dashboards()].map(([name, each]) => [`dashboards/${name}`, contentOf(each)])),
    owns: 'dashboards/*.json',
  },
  {
    name: 'settings',
    what: 'docs/settings.md, from the settings of kernel, families and development',
    files: () => new Map([['docs/settings.md', settingsPage(SETTING_SCHEMAS)]]),
  },
  {
    name: 'metrics',
    what: 'docs/metrics.md, from metrics, dashboards and alerts',
    files: () => new Map([['docs/metrics.md', metricsPage()]]),
  },
  {
    name: 'proofs',
    what: 'the table in docs/alerts.md, from alerts/prove/results.json',
    files: alertsPage,
  },
  {
    name: 'on-call',
    what: 'objectives and alert index in docs/on-call.md, from alerts/src and runbooks',
    files: onCallPage,
  },
  {
    name: 'logs',
    what: 'docs/logs.md, from the table of log fields',
    files: () => new Map([['docs/logs.md', logsPage()]]),
  },
  {
    name: 'manifests',
    what: 'rules and dashboards in k8s/components/monitoring',
    files: generatedManifests,
    owns: 'k8s/components/monitoring/dashboards/*',
  },
  {
    name: 'schemas',
    what: 'k8s/schemas, from Go modules that are fetched',
    files: generatedSchemas,
    owns: 'k8s/schemas/*',
    onlyByName: true,
  },
];

const listed = PARTS.map(
  ({ name, what, onlyByName }) =>
    `  ${name.padEnd(11)} ${what}${onlyByName ? '; only when named' : ''}`,
);
const USAGE = `usage: npm run generate [-- <part>... [--check]]

${listed.join('\n')}

  --check  write nothing; name the files that differ, and exit 1 if there are any
  --help
`;

/** Writes a part, or compares it with the files. @returns how many files differed. */
async function generate(part: GeneratedPart, check: boolean): Promise<number> {
  const differences = await differencesOf(part, ROOT);
  if (!check) await settle(differences, ROOT);
  const done = (isMade: boolean) => (isMade ? 'wrote' : 'removed');
  for (const { file, content } of differences) {
    if (!check) console.log(`${done(content !== undefined)} ${file}`);
    else console.error(`${file} is stale: run npm run generate -- ${part.name}`);
  }
  return differences.length;
}

const OPTIONS = {
  check: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** @throws ConfigError with the usage when an argument is wrong. */
function argumentsFrom(args: string[]) {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { ...values, parts: chosenByName('part', PARTS, positionals) };
  });
}

async function main(): Promise<void> {
  const { help, check, parts } = argumentsFrom(process.argv.slice(2));
  if (help) return console.log(USAGE);
  let differences = 0;
  for (const part of parts) differences += await generate(part, check);
  const names = parts.map(({ name }) => name).join(', ');
  console.log(`${names}: ${differences} ${check ? 'stale' : 'changed'}`);
  if (check && differences > 0) process.exitCode = 1;
}

await runMain(main);
