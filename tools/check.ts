/**
 * `npm run check`: runs every check that needs no running service, or only those named as
 * arguments.
 */
import { parseArgs } from 'node:util';
import { runMain, withUsage } from '#roles/commandLine.ts';
import { chosenByName } from './chosenByName.ts';
import { type Check, runChecks } from './runChecks.ts';

const CHECKS: readonly Check[] = [
  {
    name: 'lint',
    what: 'format and rules of every file',
    commands: [['biome', 'ci', '--error-on-warnings', '.']],
  },
  {
    name: 'types',
    what: 'TypeScript; what k6 runs has no Node, and is compiled by itself',
    commands: [
      ['tsc', '--noEmit'],
      ['tsc', '--noEmit', '-p', 'load/k6'],
    ],
  },
  {
    name: 'layering',
    what: 'imports go one way',
    commands: [['node', 'tools/layering/check.ts']],
  },
  {
    name: 'deadcode',
    what: 'no file, export or package that nobody uses; exceptions are in knip.jsonc',
    commands: [['knip']],
  },
  {
    name: 'generated',
    what: 'generated files are what their generators make',
    commands: [['node', 'tools/generate.ts', '--check']],
  },
  {
    name: 'alerts',
    what: 'rules, their tests and routes, by promtool and amtool',
    commands: [['node', 'alerts/src/check.ts']],
  },
  {
    name: 'dashboards',
    what: 'rules for dashboards, and their queries by promtool',
    commands: [['node', 'dashboards/check/check.ts']],
  },
  {
    name: 'edge',
    what: 'types and rules of the Edge Function, by Deno',
    folder: 'edge/organization-bootstrap',
    env: { DENO_DIR: '../../.cache/deno' },
    commands: [
      ['deno', 'check', '--node-modules-dir=manual', 'index.ts'],
      ['deno', 'lint'],
    ],
  },
  {
    name: 'manifests',
    what: 'Kubernetes manifests, rendered by kustomize, judged by kubeconform',
    commands: [['node', 'k8s/src/check.ts']],
  },
  {
    name: 'live',
    what: 'every query of dashboards and alerts, on a Prometheus over the embedded stack',
    commands: [['node', 'dashboards/check/check.ts', '--live']],
    onlyByName: true,
  },
];

const listed = CHECKS.map(
  ({ name, what, onlyByName }) =>
    `  ${name.padEnd(10)}  ${what}${onlyByName ? '; only when named' : ''}`,
);
const USAGE = `usage: npm run check [-- <check>...]

${listed.join('\n')}

  --help

Goes on after a failure. Prints what a check has to say when it fails; exits 1 when one does.
`;

const OPTIONS = { help: { type: 'boolean', default: false } } as const;

/** @throws ConfigError with the usage when an argument is wrong. */
function argumentsFrom(args: string[]) {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { ...values, checks: chosenByName('check', CHECKS, positionals) };
  });
}

async function main(): Promise<void> {
  const { help, checks } = argumentsFrom(process.argv.slice(2));
  if (help) return console.log(USAGE);
  const failures = await runChecks(checks, console.log);
  console.log(`${checks.length - failures} passed, ${failures} failed`);
  if (failures > 0) process.exitCode = 1;
}

await runMain(main);
