/** Checks the imports of all trees by the rules, and what cannot be seen from imports. */
import { cruise, getAvailableTranspilers, type ICruiseResult } from 'dependency-cruiser';
import { familiesOf, misplaced, otherProjectsOf, treesOf } from './places.ts';
import type { Problem } from './problem.ts';
import { layeringRules, MAY_USE, type MayUse, type Rule } from './rules.ts';
import { LARGE_FOLDERS, type LargeFolders, sizeProblems } from './sizes.ts';

export interface Tables {
  mayUse: MayUse;
  largeFolders: LargeFolders;
}

const TABLES: Tables = { mayUse: MAY_USE, largeFolders: LARGE_FOLDERS };

type Modules = ICruiseResult['modules'];
type Violation = ICruiseResult['summary']['violations'][number];

async function readImports(root: string, rules: readonly Rule[]): Promise<ICruiseResult> {
  // Without its parser, dependency-cruiser skips TypeScript syntax without an error.
  if (!getAvailableTranspilers().some(({ name, available }) => name === 'swc' && available)) {
    throw new Error('dependency-cruiser finds no @swc/core of a version it supports: npm ci');
  }
  const foreign = otherProjectsOf(root).map((folder) => `^${folder}/`);
  const { output } = await cruise(
    treesOf(root),
    {
      baseDir: root,
      // node_modules may be a symbolic link; the rules match packages by the path in this folder.
      preserveSymlinks: true,
      parser: 'swc',
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      ...(foreign.length > 0 && { exclude: { path: foreign } }),
      validate: true,
      ruleSet: { forbidden: rules.map((rule) => ({ ...rule, severity: 'error' as const })) },
    },
    {
      extensions: ['.ts', '.d.ts', '.js', '.json'],
      conditionNames: ['node', 'import', 'types', 'default'],
      exportsFields: ['exports'],
      bustTheCache: true,
    },
  );
  return output as ICruiseResult;
}

const whereOf = ({ from, to, cycle }: Violation): string =>
  [from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' -> ');

const brokenRules = (violations: readonly Violation[], rules: readonly Rule[]): Problem[] =>
  violations.map((violation) => ({
    rule: violation.rule.name,
    reason: rules.find(({ name }) => name === violation.rule.name)?.comment ?? '',
    where: whereOf(violation),
  }));

const matches = (pattern: string | string[] | undefined, files: readonly string[]): boolean =>
  pattern === undefined ||
  [pattern].flat().every((one) => files.some((file) => new RegExp(one).test(file)));

/** Rules whose pattern matches no file, for example after a folder was renamed. */
function idleRules(rules: readonly Rule[], modules: Modules): Problem[] {
  const files = modules.map(({ source }) => source);
  return rules
    .filter(({ from, to }) => !matches(from.path, files) || !matches(to.path, files))
    .map(({ name }) => ({
      rule: 'idle-rule',
      reason: 'A rule whose pattern fits no file guards nothing. Mend its pattern, or remove it.',
      where: name,
    }));
}

/** Allowances in the table that no import needs. */
function idleAllowances(mayUse: MayUse, modules: Modules): Problem[] {
  const uses = (user: string, used: string): boolean =>
    modules.some(
      ({ source, dependencies }) =>
        source.startsWith(`src/${user}/`) &&
        dependencies.some(({ resolved }) => resolved.startsWith(`src/${used}/`)),
    );
  return Object.entries(mayUse).flatMap(([user, table]) =>
    Object.keys(table)
      .filter((used) => !uses(user, used))
      .map((used) => ({
        rule: 'idle-allowance',
        reason: 'MAY_USE lists what is used, and nothing in store.',
        where: `${user} -> ${used}`,
      })),
  );
}

const misplacedFiles = (root: string): Problem[] =>
  misplaced(root).map((where) => ({
    rule: 'misplaced',
    reason: 'The rules go by place: what stands elsewhere is read by none of them.',
    where,
  }));

/** @param root the repository's folder, or a fixture */
export async function checkLayering(
  root: string,
  tables: Tables = TABLES,
): Promise<{ problems: Problem[]; files: number; imports: number; families: number }> {
  const rules = layeringRules(root, tables.mayUse);
  const { modules, summary } = await readImports(root, rules);
  const own = modules.filter(({ source }) => treesOf(root).includes(source.split('/')[0] ?? ''));
  return {
    problems: [
      ...brokenRules(summary.violations, rules),
      ...idleRules(rules, own),
      ...idleAllowances(tables.mayUse, own),
      ...sizeProblems(root, tables.largeFolders),
      ...misplacedFiles(root),
    ],
    files: own.length,
    imports: own.reduce((sum, { dependencies }) => sum + dependencies.length, 0),
    families: familiesOf(root).length,
  };
}
