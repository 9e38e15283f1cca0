/** `.github/` and SECURITY.md against what they speak of: GitHub does not tell when they are wrong. */
import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTING_NAMES } from '#dev/settings.ts';

const read = (file: string) => readFile(file, 'utf8');
const readYaml = async (file: string) => parse(await read(file));
const manifest = JSON.parse(await read('package.json'));

test('CI runs .ci/run and nothing beside it, with actions pinned to a commit', async () => {
  const { jobs, permissions } = await readYaml('.github/workflows/ci.yml');
  const steps: { run?: string; uses?: string }[] = Object.values(jobs).flatMap(
    (job) => (job as { steps: [] }).steps,
  );
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['.ci/run']);
  for (const { uses } of steps) if (uses) expect(uses).toMatch(/@[0-9a-f]{40}$/);
  expect(permissions).toEqual({ contents: 'read' });
});

describe('Dependabot', async () => {
  const { updates } = await readYaml('.github/dependabot.yml');
  const npm = updates.find((one: Record<string, string>) => one['package-ecosystem'] === 'npm');
  const ignored: { 'dependency-name': string; versions: string[] }[] = npm.ignore;
  const versions: Record<string, string> = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
  };

  test('asks weekly, in folders that have something to raise', () => {
    const FILES: Record<string, string> = {
      npm: 'package.json',
      docker: 'Dockerfile',
      'docker-compose': 'compose.yaml',
      'github-actions': '.github/workflows/ci.yml',
    };
    expect(updates).toHaveLength(Object.keys(FILES).length);
    for (const { 'package-ecosystem': ecosystem, directory, directories, schedule } of updates) {
      expect(schedule.interval).toBe('weekly');
      for (const folder of directories ?? [directory]) {
        const file = path.join('.', folder, FILES[ecosystem]!);
        expect(existsSync(file), file).toBe(true);
      }
    }
  });

  test('is held back below what does not fit, and not below what is installed', () => {
    for (const { 'dependency-name': name, versions: ranges } of ignored) {
      expect(versions, name).toHaveProperty([name]);
      for (const range of ranges)
        expect(semver.satisfies(versions[name]!, range), name).toBe(false);
    }
  });

  test('raises no package of Temporal or of the OpenTelemetry SDK alone', () => {
    const held = ignored.map((one) => one['dependency-name']);
    const free = Object.keys(versions).filter(
      (name) => /^@(temporalio|opentelemetry)\//.test(name) && !held.includes(name),
    );
    expect(free.toSorted()).toEqual([
      '@opentelemetry/semantic-conventions',
      // Its next version is the sign to raise the others.
      '@temporalio/interceptors-opentelemetry-v2',
    ]);
  });
});

test('CODEOWNERS names files and folders that exist', async () => {
  const lines = (await read('.github/CODEOWNERS')).split('\n');
  const patterns = lines
    .filter((line) => line && !line.startsWith('#'))
    .map((l) => l.split(' ')[0]!);
  expect(patterns[0]).toBe('*');
  for (const pattern of patterns.slice(1)) {
    expect(existsSync(path.join('.', pattern)), pattern).toBe(true);
  }
});

test('issue forms have what GitHub asks of them', async () => {
  const forms = globSync('.github/ISSUE_TEMPLATE/*.yml').filter((one) => !/config\.yml$/.test(one));
  expect(forms.map((one) => path.parse(one).name).toSorted()).toEqual([
    'bug',
    'feature',
    'stuck-onboarding',
  ]);
  for (const form of forms) {
    const { name, description, body } = await readYaml(form);
    expect([typeof name, typeof description], form).toEqual(['string', 'string']);
    const fields = body.filter(({ type }: { type: string }) => type !== 'markdown');
    const ids = fields.map(({ id }: { id: string }) => id);
    expect(new Set(ids).size, form).toBe(fields.length);
    for (const { id, attributes } of fields)
      expect(attributes.label, `${form}: ${id}`).toBeTruthy();
  }
});

test('files and settings that SECURITY.md, issue forms and pull requests name exist', async () => {
  const pages = [
    'SECURITY.md',
    '.github/pull_request_template.md',
    '.github/ISSUE_TEMPLATE/stuck-onboarding.yml',
  ];
  for (const page of pages) {
    const text = await read(page);
    for (const [, file] of text.matchAll(/(?<![\w/.:])((?:src|docs|sql|k8s|test)\/[\w./-]*\w)/g)) {
      expect(existsSync(file!), `${page}: ${file}`).toBe(true);
    }
    for (const [, name] of text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)) {
      expect(SETTING_NAMES, page).toContain(name);
    }
    for (const [, script] of text.matchAll(/npm run ([\w:-]+)/g)) {
      expect(manifest.scripts, page).toHaveProperty([script!]);
    }
  }
});
