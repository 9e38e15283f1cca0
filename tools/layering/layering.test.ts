/**
 * Every rule of the layering check is broken once in a small tree, and only that rule is reported.
 */
import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Files, MAY_USE, writeFixtureTree } from './fixtureTree.ts';
import { checkLayering, type Tables } from './layering.ts';
import { TREES } from './places.ts';
import { layeringRules } from './rules.ts';

async function treeWith(planted: Files): Promise<string> {
  const { root, remove } = await writeFixtureTree(planted);
  onTestFinished(remove);
  return root;
}

/** Problems of a tree with these added files, as `rule: where`. */
async function problemsWith(planted: Files, tables: Partial<Tables> = {}): Promise<string[]> {
  const root = await treeWith(planted);
  const { problems } = await checkLayering(root, { mayUse: MAY_USE, largeFolders: {}, ...tables });
  return problems.map(({ rule, where }) => `${rule}: ${where}`);
}

/** Rule, file that breaks it, its import, and the resolved path. */
const BROKEN: readonly [rule: string, file: string, imported: string, target: string][] = [
  ['no-unresolved-import', 'src/kernel/new.ts', './missing.ts', './missing.ts'],
  ['nobody-imports-tests', 'src/orders/new.ts', './store.test.ts', 'src/orders/store.test.ts'],
  ...TREES.slice(0, -1).map((tree, index): (typeof BROKEN)[number] => {
    const file = tree === 'src' ? 'src/kernel/new.ts' : `${tree}/new.ts`;
    const target = `${TREES[index + 1]}/tree.ts`;
    return [`tree:${tree}`, file, path.relative(path.dirname(file), target), target];
  }),
  ['production-packages', 'src/kernel/new.ts', 'fixture', 'node_modules/fixture/index.js'],
  ['kernel-knows-nobody', 'src/kernel/new.ts', '#orders/store.ts', 'src/orders/store.ts'],
  ['kernel-knows-nobody', 'src/kernel/new.ts', '#families.ts', 'src/families.ts'],
  ['lists-are-for-roles', 'src/orders/new.ts', '#families.ts', 'src/families.ts'],
  ['lists-are-for-roles', 'src/orders/new.ts', '#metricCatalogue.ts', 'src/metricCatalogue.ts'],
  ['settings-are-for-roles', 'src/orders/new.ts', '#config.ts', 'src/config.ts'],
  ['nobody-imports-roles', 'src/orders/new.ts', '#roles/api/runApi.ts', 'src/roles/api/runApi.ts'],
  ['role-knows-no-role', 'src/roles/worker/new.ts', '../api/runApi.ts', 'src/roles/api/runApi.ts'],
  ['nobody-imports-entries', 'test/new.ts', '../src/main.ts', 'src/main.ts'],
  ['nobody-imports-entries', 'tools/new.ts', '../dev/main.ts', 'dev/main.ts'],
  ['nobody-imports-entries', 'test/new.ts', '../src/workflows.ts', 'src/workflows.ts'],
  ['family:organization', 'src/organization/new.ts', '#orders/store.ts', 'src/orders/store.ts'],
  ['family:billing', 'src/billing/new.ts', '#orders/store.ts', 'src/orders/store.ts'],
  ['family:orders', 'src/orders/new.ts', '#billing/store.ts', 'src/billing/store.ts'],
  ['family:shipping', 'src/shipping/new.ts', '#orders/store.ts', 'src/orders/store.ts'],
  ['worker-files', 'src/orders/moreRoutes.ts', './mails.ts', 'src/orders/mails.ts'],
  ['worker-files', 'src/orders/runs.ts', '#shipping/activities.ts', 'src/shipping/activities.ts'],
  ['worker-files', 'src/roles/api/new.ts', '#orders/mails.ts', 'src/orders/mails.ts'],
  ['api-files', 'src/orders/moreActivities.ts', './schemas.ts', 'src/orders/schemas.ts'],
  ['api-files', 'src/orders/new.ts', './routes.ts', 'src/orders/routes.ts'],
  ['api-files', 'src/roles/worker/new.ts', '#orders/schemas.ts', 'src/orders/schemas.ts'],
  ['light-definition', 'src/billing/family.ts', './activities.ts', 'src/billing/activities.ts'],
  ['light-definition', 'src/billing/family.ts', './routes.ts', 'src/billing/routes.ts'],
  ['sandbox', 'src/orders/moreWorkflow.ts', './store.ts', 'src/orders/store.ts'],
  ['sandbox', 'src/orders/workflow/part.ts', '../helper.ts', 'src/orders/helper.ts'],
  ['sandbox', 'src/orders/contract/part.ts', '../helper.ts', 'src/orders/helper.ts'],
  ['sandbox', 'src/orders/rules/part.ts', '../helper.ts', 'src/orders/helper.ts'],
  ['sandbox', 'src/orders/proxies.ts', 'pg', 'node_modules/pg/index.js'],
  ['sandbox', 'src/orders/proxies.ts', 'node:fs', 'fs'],
  ['sandbox', 'src/kernel/workflow/new.ts', '#kernel/pool.ts', 'src/kernel/pool.ts'],
  ['sandbox', 'src/kernel/queues.ts', './pool.ts', 'src/kernel/pool.ts'],
  ['sandbox', 'src/workflows.ts', './orders/store.ts', 'src/orders/store.ts'],
];

/** Every syntax of an import, with `type` and without. */
const FORMS = [
  "import '#config.ts';",
  "import { a } from '#config.ts';",
  "import * as all from '#config.ts';",
  "import type { A } from '#config.ts';",
  "import { type A } from '#config.ts';",
  "export { a } from '#config.ts';",
  "export type { A } from '#config.ts';",
  "export * from '#config.ts';",
  "export type * from '#config.ts';",
  "export * as all from '#config.ts';",
  "export const later = () => import('#config.ts');",
];

/** Content that a file also needs, so that the tree has no other problem. */
const rest: Files = {
  'src/billing/family.ts': "export const load = () => import('./activities.ts');\n",
  'src/workflows.ts': "import '#orders/workflow.ts';\n",
  'src/orders/runs.ts': "import '#shipping/contract.ts';\n",
};
const helper: Files = { 'src/orders/helper.ts': 'export {};\n' };

describe('layering', () => {
  it('finds no problem in a tree that follows the rules', async () => {
    expect(await problemsWith({})).toEqual([]);
  });

  it.each(BROKEN)('%s: reports that %s imports %s', async (rule, file, imported, target) => {
    const content = `import '${imported}';\n${rest[file] ?? ''}`;
    expect(await problemsWith({ ...helper, [file]: content })).toEqual([
      `${rule}: ${file} -> ${target}`,
    ]);
  });

  it('has a forbidden import for each rule', async () => {
    const rules = layeringRules(await treeWith({}), MAY_USE).map(({ name }) => name);
    const planted = BROKEN.map(([rule]) => rule);
    expect(new Set([...planted, 'no-circle'])).toEqual(new Set(rules));
  });

  it('has a reason for every rule', async () => {
    const rules = layeringRules(await treeWith({}), MAY_USE);
    expect(rules.filter(({ comment }) => comment.length < 40)).toEqual([]);
  });

  it.each(FORMS)('finds %s', async (statement) => {
    expect(await problemsWith({ 'src/orders/new.ts': `${statement}\n` })).toEqual([
      'settings-are-for-roles: src/orders/new.ts -> src/config.ts',
    ]);
  });

  it('applies the sandbox rule to type imports', async () => {
    const planted = { 'src/orders/proxies.ts': "import type { Pool } from 'pg';\n" };
    expect(await problemsWith(planted)).toEqual([
      'sandbox: src/orders/proxies.ts -> node_modules/pg/index.js',
    ]);
  });

  it('allows type imports from a development package', async () => {
    const planted = { 'src/kernel/new.ts': "import type { A } from 'fixture';\n" };
    expect(await problemsWith(planted)).toEqual([]);
  });

  it.each([
    ['of types alone', 'src/kernel/a.ts', 'src/kernel/b.ts'],
    ['between two trees', 'test/a.ts', 'tools/b.ts'],
  ])('finds an import cycle %s', async (_, one, other) => {
    const importing = (from: string, to: string) =>
      `import type { A } from './${path.relative(path.dirname(from), to)}';\n`;
    expect(
      await problemsWith({ [one]: importing(one, other), [other]: importing(other, one) }),
    ).toContainEqual(expect.stringMatching(/^no-circle: /));
  });

  it('ignores folders with their own package.json', async () => {
    const planted = {
      'dashboards/preview/package.json': '{}',
      'dashboards/preview/page.ts': "import 'nowhere';\n",
    };
    expect(await problemsWith(planted)).toEqual([]);
  });
});

describe('checks other than imports', () => {
  it('reports a rule that matches no file', async () => {
    const planted = {
      'src/config.ts': undefined,
      'src/main.ts': "import '#roles/api/runApi.ts';\n",
      'src/roles/api/runApi.ts': "import '#families.ts';\n",
    };
    expect(await problemsWith(planted)).toEqual(['idle-rule: settings-are-for-roles']);
  });

  it('reports an allowance that no import needs', async () => {
    const mayUse = { ...MAY_USE, billing: { shipping: 'once it did' } };
    expect(await problemsWith({}, { mayUse })).toEqual(['idle-allowance: billing -> shipping']);
  });

  const sixteen = Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`src/orders/part/file${n}.ts`, 'export {};\n']),
  );

  it('reports a folder with more than fifteen files', async () => {
    expect(await problemsWith(sixteen)).toEqual([
      'folder-size: src/orders/part has 16 files, and not at most 15',
    ]);
    const largeFolders = { 'src/orders/part': 'one file for each kind' };
    expect(await problemsWith(sixteen, { largeFolders })).toEqual([]);
  });

  it('does not count tests among the files of a folder', async () => {
    const { 'src/orders/part/file0.ts': _, ...fifteen } = sixteen;
    const planted = { ...fifteen, 'src/orders/part/file1.test.ts': 'export {};\n' };
    expect(await problemsWith(planted)).toEqual([]);
  });

  it('reports a file with more than 300 lines, counting comments and texts', async () => {
    const text = `export const a = \`\n${'x\n'.repeat(150)}\`;\n/*\n${'y\n'.repeat(145)}*/\n`;
    expect(await problemsWith({ 'src/orders/new.ts': text })).toEqual([]);
    expect(await problemsWith({ 'src/orders/new.ts': `${text}// one\n// two\n` })).toEqual([
      'file-size: src/orders/new.ts has 301 lines, and not at most 300',
    ]);
  });

  it('reports an exception that is no longer needed', async () => {
    const largeFolders = { 'src/orders': 'it was large' };
    expect(await problemsWith({}, { largeFolders })).toEqual([
      'folder-size: src/orders is small enough: its exception can go',
    ]);
  });

  it.each([
    ['src/loose.ts', 'src/loose.ts belongs into a family, the kernel or a role'],
    ['src/stray/file.ts', 'src/stray/ is neither kernel nor roles, and has no family.ts'],
    ['scripts/file.ts', 'scripts/ has TypeScript and is not among TREES'],
  ])('reports %s, which no rule reads', async (file, where) => {
    expect(await problemsWith({ [file]: 'export {};\n' })).toEqual([`misplaced: ${where}`]);
  });
});

describe('the command', () => {
  const run = (root: string) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const script = path.resolve('tools/layering/check.ts');
      execFile(process.execPath, [script], { cwd: root }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  it('exits 1 and prints rule, reason and import', async () => {
    const root = await treeWith({ 'src/kernel/new.ts': "import '#orders/store.ts';\n" });
    const { code, stderr } = await run(root);
    expect(stderr).toMatch(/^kernel-knows-nobody: The kernel is what all families stand on\./m);
    expect(stderr).toMatch(/^ {2}src\/kernel\/new\.ts -> src\/orders\/store\.ts$/m);
    expect(code).toBe(1);
  });
});

describe('noInlineTypeImports', () => {
  it.each([
    ['an annotation', "export const a: import('./b.ts').B = 1;"],
    ['a type argument', "export type A = Array<import('./b.ts').B>;"],
    ['typeof', "export type A = typeof import('./b.ts');"],
  ])('reports an import inside %s, which the parser does not see', async (_, statement) => {
    const root = await treeWith({ 'src/kernel/new.ts': `${statement}\n` });
    const plugin = 'noInlineTypeImports.grit';
    await copyFile(path.join('tools/layering', plugin), path.join(root, plugin));
    await writeFile(path.join(root, 'biome.json'), JSON.stringify({ plugins: [`./${plugin}`] }));
    const biome = path.resolve('node_modules/.bin/biome');
    const output = await new Promise<string>((resolve) => {
      const args = ['lint', '--reporter=github', 'src/kernel/new.ts'];
      execFile(biome, args, { cwd: root }, (_error, stdout, stderr) => resolve(stdout + stderr));
    });
    expect(output).toContain('Import this type at the top of the file');
  });
});
