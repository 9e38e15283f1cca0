/** `npm run release -- <version>`: checks, changelog, version, commit and tag; never pushes. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parser } from 'keep-a-changelog';
import semver from 'semver';

const USAGE = `usage: npm run release -- <version> [options]

  <version>     x.y.z, or major, minor or patch to count from the version of package.json
  --skip-tests  leaves npm test out; npm run check is run in any case
  --dry-run     prints what would be done, and does nothing
  --help

Cuts a version on main: runs the checks and the tests, gives [Unreleased] of CHANGELOG.md the
version and today's date (UTC), writes the version to package.json and package-lock.json, commits
and makes an annotated tag. It pushes nothing.
`;

const BRANCH = 'main';
const CHANGELOG = 'CHANGELOG.md';
const CHANGED_FILES = [CHANGELOG, 'package.json', 'package-lock.json'];
const INCREMENTS = ['major', 'minor', 'patch'] as const;
const UNRELEASED = '## [Unreleased]\n';

/** An error that the operator has to correct; printed without a stack. */
class ReleaseError extends Error {
  override name = 'ReleaseError';
}

interface Order {
  version: string;
  skipTests: boolean;
  dryRun: boolean;
}

/** Output of a git command, without the line end. @throws Error with git's message. */
const git = (args: string[], input?: string): string =>
  execFileSync('git', args, { encoding: 'utf8', input, stdio: 'pipe' }).trimEnd();

const currentVersion = (): string => JSON.parse(readFileSync('package.json', 'utf8')).version;

/** @returns undefined when help was asked for. @throws ReleaseError with the usage. */
function orderFrom(args: string[]): Order | undefined {
  const options = {
    'skip-tests': { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (values.help) return undefined;
    return {
      version: versionFrom(positionals),
      skipTests: values['skip-tests'] ?? false,
      dryRun: values['dry-run'] ?? false,
    };
  } catch (error) {
    throw new ReleaseError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function versionFrom([wanted, ...others]: string[]): string {
  if (wanted === undefined) throw new ReleaseError('which version? Name it as the first argument');
  if (others.length > 0) throw new ReleaseError(`one version, please, without ${others.join(' ')}`);
  const increment = INCREMENTS.find((name) => name === wanted);
  const version = increment ? semver.inc(currentVersion(), increment) : semver.valid(wanted);
  if (!version) throw new ReleaseError(`${wanted} is no version: use x.y.z, major, minor or patch`);
  return version;
}

/** Changed and untracked files, as `git status` lists them; undefined when there are none. */
function dirtyTree(): string | undefined {
  const status = git(['status', '--porcelain']);
  return status && `there are changes that no commit holds; commit or stash them:\n${status}`;
}

/** Text of [Unreleased]; empty when the section is missing or empty. */
function unreleasedNotes(changelog: string): string {
  if (!changelog.includes(UNRELEASED) || parser(changelog).findRelease()?.isEmpty()) return '';
  const [, after = ''] = changelog.split(UNRELEASED);
  return (after.split(/^## /m)[0] ?? '').trim();
}

function changelogProblem(): string | undefined {
  try {
    if (unreleasedNotes(readFileSync(CHANGELOG, 'utf8'))) return undefined;
    return `the section [Unreleased] of ${CHANGELOG} is empty or missing: tell what has changed`;
  } catch (error) {
    return `${CHANGELOG} cannot be read: ${(error as Error).message}`;
  }
}

/** All reasons against a release of this version. */
function problemsOf(version: string): string[] {
  const branch = git(['branch', '--show-current']);
  const tag = `v${version}`;
  const reasons = [
    dirtyTree(),
    branch !== BRANCH && `the branch is ${branch || 'none'}: git switch ${BRANCH}`,
    !semver.gt(version, currentVersion()) &&
      `version ${version} is not greater than ${currentVersion()} of package.json`,
    git(['tag', '--list', tag]) && `there is a tag ${tag} already: choose another version`,
    changelogProblem(),
  ];
  return reasons.filter((reason): reason is string => Boolean(reason));
}

function refuseIf(problems: (string | undefined)[]): void {
  const told = problems.filter(Boolean).map((problem) => `- ${problem}`);
  if (told.length > 0) throw new ReleaseError(`nothing is released:\n${told.join('\n')}`);
}

/** Runs npm with its output shown. @throws ReleaseError when it fails. */
function npm(...args: string[]): void {
  const { status, error } = spawnSync('npm', args, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new ReleaseError(`npm ${args.join(' ')} failed: nothing is released`);
}

function prove({ skipTests }: Order): void {
  npm('run', 'check');
  if (!skipTests) npm('test');
  refuseIf([dirtyTree()]);
}

/** Changes the three files and commits them; restores them after an error. */
function commitVersion(version: string, heading: string): void {
  const changelog = readFileSync(CHANGELOG, 'utf8');
  try {
    writeFileSync(CHANGELOG, changelog.replace(UNRELEASED, `${UNRELEASED}\n${heading}\n`));
    npm('version', version, '--no-git-tag-version', '--ignore-scripts');
    git(['commit', '--quiet', '-m', `release: ${version}`, '--', ...CHANGED_FILES]);
  } catch (error) {
    git(['restore', '--staged', '--worktree', '--', ...CHANGED_FILES]);
    throw new ReleaseError(`the commit was not made: ${(error as Error).message}`);
  }
}

/** @param day date of the version, as YYYY-MM-DD. */
function release(order: Order, day: string): void {
  const { version, skipTests, dryRun } = order;
  const tag = `v${version}`;
  const heading = `## [${version}] - ${day}`;
  refuseIf(problemsOf(version));
  if (dryRun) {
    console.log(
      [
        'Would do:',
        '  npm run check',
        ...(skipTests ? [] : ['  npm test']),
        `  write "${heading}" to ${CHANGELOG}, below [Unreleased]`,
        `  write ${version} to package.json and package-lock.json (now ${currentVersion()})`,
        `  commit "release: ${version}"`,
        `  make the annotated tag ${tag}`,
      ].join('\n'),
    );
    return;
  }
  prove(order);
  const notes = unreleasedNotes(readFileSync(CHANGELOG, 'utf8'));
  commitVersion(version, heading);
  // Verbatim: by default git removes Markdown headings as comments.
  git(['tag', '--annotate', '--cleanup=verbatim', '-F', '-', tag], `${version}\n\n${notes}\n`);
  console.log(`Released ${version}. To publish it: git push origin ${BRANCH} ${tag}`);
}

try {
  const order = orderFrom(process.argv.slice(2));
  if (order) release(order, new Date().toISOString().slice(0, 10));
  else console.log(USAGE);
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
