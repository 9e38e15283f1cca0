/** `npm run release` in a temporary repository, with real git and npm. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const SCRIPT = path.resolve('tools/release.ts');
const TODAY = () => new Date().toISOString().slice(0, 10);

const CHANGELOG = `# Changelog

The format is [Keep a Changelog](https://keepachangelog.com/en/1.1.0/).

## [Unreleased]

### Added

- A second thing, told in
  two lines.

## [0.1.0] - 2026-11-01

### Added

- A first thing.
`;
/** The scripts \`check\` and \`test\`: each writes its name to a file that git ignores. */
const mark = (name: string) => `node -e "fs.appendFileSync('ran.log', '${name} ')"`;

let repository: string;

const file = (name: string) => path.join(repository, name);
const read = (name: string) => readFile(file(name), 'utf8');
const git = async (...args: string[]) =>
  (await run('git', args, { cwd: repository })).stdout.trim();

async function writeManifest(scripts: Record<string, string>): Promise<void> {
  const manifest = { name: 'example', version: '0.1.0', private: true };
  const lock = { ...manifest, lockfileVersion: 3, packages: { '': manifest } };
  await writeFile(file('package.json'), `${JSON.stringify({ ...manifest, scripts }, null, 2)}\n`);
  await writeFile(file('package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
}

async function commit(subject: string): Promise<void> {
  await git('add', '-A');
  await git('commit', '-qm', subject);
}

beforeEach(async () => {
  repository = await mkdtemp(path.join(tmpdir(), 'a4c-release-'));
  await git('init', '-q', '-b', 'main');
  await git('config', 'user.name', 'Example');
  await git('config', 'user.email', 'example@example.org');
  await writeManifest({ check: mark('check'), test: mark('test') });
  await writeFile(file('CHANGELOG.md'), CHANGELOG);
  await writeFile(file('.gitignore'), 'ran.log\n');
  await commit('example: begin');
});

afterEach(() => rm(repository, { recursive: true }));

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const release = (...args: string[]): Promise<Outcome> =>
  run(process.execPath, [SCRIPT, ...args], { cwd: repository }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

/** Runs the command, and expects a refusal that changes nothing. */
async function expectRefusal(args: string[], reason: RegExp): Promise<void> {
  const before = [await git('rev-parse', 'HEAD'), await git('tag'), await git('status', '-s')];
  const changelog = await read('CHANGELOG.md');
  const { code, stderr } = await release(...args);
  expect(stderr).toMatch(reason);
  expect(code).toBe(1);
  const after = [await git('rev-parse', 'HEAD'), await git('tag'), await git('status', '-s')];
  expect(after).toEqual(before);
  expect(await read('CHANGELOG.md')).toBe(changelog);
}

const ran = () => read('ran.log').catch(() => '');

test('checks, tests, updates the changelog, sets the version, commits and tags', async () => {
  const { code, stdout, stderr } = await release('0.2.0');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(await ran()).toBe('check test ');
  expect(await read('CHANGELOG.md')).toBe(
    CHANGELOG.replace('## [Unreleased]\n', `## [Unreleased]\n\n## [0.2.0] - ${TODAY()}\n`),
  );
  expect(JSON.parse(await read('package.json')).version).toBe('0.2.0');
  const lock = JSON.parse(await read('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual(['0.2.0', '0.2.0']);
  expect(await git('log', '-1', '--format=%s')).toBe('release: 0.2.0');
  expect(await git('diff', '--name-only', 'HEAD~')).toBe(
    ['CHANGELOG.md', 'package-lock.json', 'package.json'].join('\n'),
  );
  expect(await git('cat-file', '-t', 'v0.2.0')).toBe('tag');
  expect(await git('rev-parse', 'v0.2.0^{commit}')).toBe(await git('rev-parse', 'HEAD'));
  expect(await git('tag', '-l', '--format=%(contents)', 'v0.2.0')).toContain('A second thing');
  expect(await git('status', '-s')).toBe('');
  expect(stdout).toContain('git push origin main v0.2.0');
});

test('minor, major and patch count from the version of package.json', async () => {
  expect((await release('minor', '--skip-tests')).code).toBe(0);
  expect(await git('tag')).toBe('v0.2.0');
});

test('--skip-tests skips the tests but not the checks', async () => {
  expect((await release('0.2.0', '--skip-tests')).code).toBe(0);
  expect(await ran()).toBe('check ');
});

test('--dry-run prints the steps and changes nothing', async () => {
  const before = await git('rev-parse', 'HEAD');
  const { code, stdout } = await release('0.2.0', '--dry-run');
  expect(code).toBe(0);
  for (const step of [
    'npm run check',
    'npm test',
    `[0.2.0] - ${TODAY()}`,
    'release: 0.2.0',
    'v0.2.0',
  ]) {
    expect(stdout).toContain(step);
  }
  expect(await ran()).toBe('');
  expect([await git('rev-parse', 'HEAD'), await git('tag')]).toEqual([before, '']);
  expect(await git('status', '-s')).toBe('');
});

test('--help prints the usage and exits 0; an unknown option prints it and exits 1', async () => {
  const help = await release('--help');
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('usage: npm run release')]);
  await expectRefusal(['0.2.0', '--publish'], /--publish.*usage: npm run release/s);
});

test('refuses a changed or untracked file', async () => {
  await writeFile(file('forgotten.txt'), 'x');
  await expectRefusal(['0.2.0'], /commit or stash.*forgotten\.txt/s);
});

test('refuses a branch other than main', async () => {
  await git('switch', '-qc', 'topic');
  await expectRefusal(['0.2.0'], /branch is topic.*git switch main/s);
});

test('refuses an empty [Unreleased] and a changelog without it', async () => {
  await writeFile(file('CHANGELOG.md'), CHANGELOG.replace(/### Added.*?(?=## \[0\.1\.0\])/s, ''));
  await commit('example: empty');
  await expectRefusal(['0.2.0'], /\[Unreleased\].*CHANGELOG\.md.*is empty/s);
  await writeFile(file('CHANGELOG.md'), CHANGELOG.replace('## [Unreleased]\n', ''));
  await commit('example: without');
  await expectRefusal(['0.2.0'], /CHANGELOG\.md/);
});

test.each(['0.1.0', '0.0.9'])('refuses version %s, which is not greater', async (version) => {
  await expectRefusal([version], /not greater than 0\.1\.0/);
});

test('refuses a missing version, an invalid one, and a second argument', async () => {
  await expectRefusal([], /which version/);
  await expectRefusal(['next'], /next is no version/);
  await expectRefusal(['0.2.0', '0.3.0'], /0\.3\.0/);
});

test('refuses a version whose tag exists', async () => {
  await git('tag', 'v0.2.0');
  await expectRefusal(['0.2.0'], /tag v0\.2\.0/);
});

test('reports all reasons for a refusal at once', async () => {
  await git('switch', '-qc', 'topic');
  await writeFile(file('forgotten.txt'), 'x');
  await expectRefusal(['0.1.0'], /forgotten\.txt.*branch is topic.*not greater/s);
});

test('changes nothing when checks or tests fail', async () => {
  await writeManifest({ check: 'node -e "process.exit(3)"', test: mark('test') });
  await commit('example: broken checks');
  await expectRefusal(['0.2.0'], /npm run check failed/);
  expect(await ran()).toBe('');
  await writeManifest({ check: mark('check'), test: 'node -e "process.exit(3)"' });
  await commit('example: broken tests');
  await expectRefusal(['0.2.0'], /npm test failed/);
});

test('stops when checks change files, which the commit would contain', async () => {
  await writeManifest({ check: `node -e "fs.writeFileSync('generated.txt', 'x')"`, test: 'true' });
  await commit('example: checks that write');
  const { code, stderr } = await release('0.2.0');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/generated\.txt/)]);
  expect(await git('tag')).toBe('');
  expect(await read('CHANGELOG.md')).toBe(CHANGELOG);
});

test('restores the three files when git rejects the commit', async () => {
  await writeFile(file('.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  await expectRefusal(['0.2.0', '--skip-tests'], /commit/);
  expect(JSON.parse(await read('package.json')).version).toBe('0.1.0');
});
